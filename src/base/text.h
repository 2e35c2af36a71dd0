/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from outside that may be shown to people. */
#ifndef SCS_BASE_TEXT_H
#define SCS_BASE_TEXT_H

#include "base/span.h"

/*
 * UTF-8 (RFC 3629: shortest form, no surrogates) without NUL and without
 * control characters (C0, DEL, C1).
 */
bool text_ok(struct span s);

#endif
