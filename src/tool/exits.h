/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit codes of all our commands; the manual pages list them. */
#ifndef SCS_TOOL_EXITS_H
#define SCS_TOOL_EXITS_H

#include "base/err.h"

enum exits {
	EXITS_OK = 0,
	EXITS_FAILED = 1, /* refused, or failed in another way */
	EXITS_USAGE = 2,
	EXITS_SERVICE = 3, /* a service does not run or does not answer */
	EXITS_PIN = 4, /* the card refused the PIN */
	EXITS_BLOCKED = 5, /* the card's PIN is blocked */
	EXITS_NONE = 44, /* nothing of that kind: errSecItemNotFound & 255 */
};

enum exits exits_of(err_t e);

#endif
