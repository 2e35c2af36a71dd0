/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of sc_auth(8); each returns an exit code. */
#ifndef SCS_TOOL_SC_AUTH_H
#define SCS_TOOL_SC_AUTH_H

#include "directory/record.h"
#include "tool/command.h"

int sc_auth_identities(const struct invocation *in);
int sc_auth_list(const struct invocation *in);
int sc_auth_pair(const struct invocation *in);
int sc_auth_unpair(const struct invocation *in);
int sc_auth_pairing_ui(const struct invocation *in);
int sc_auth_verifypin(const struct invocation *in);
int sc_auth_changepin(const struct invocation *in);

/* The user who is meant: `given`, or who runs this. */
MUST_CHECK err_t sc_auth_user(
    const char *given, char out[RECORD_NAME_MAX], struct why *why);

/* Only an administrator may change records of this machine itself. */
MUST_CHECK err_t sc_auth_may_write(
    const struct invocation *in, struct why *why);

#endif
