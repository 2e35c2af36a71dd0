/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of security(1); each returns an exit code. */
#ifndef SCS_TOOL_SECURITY_H
#define SCS_TOOL_SECURITY_H

#include "tool/command.h"

int security_list_smartcards(const struct invocation *in);
int security_export_smartcard(const struct invocation *in);
int security_smartcards(const struct invocation *in);

#endif
