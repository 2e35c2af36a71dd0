/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chain of reasons behind a failure, outermost last: each layer that passes
 * an error on may add the clause it knows. Bounded, so a card cannot fill it.
 * A tool prints it as "clause3: clause2: clause1".
 */
#ifndef SCS_BASE_WHY_H
#define SCS_BASE_WHY_H

#include "base/err.h"

#define WHY_MAX 512

/* A plain value: start with `struct why why = { 0 };`, nothing to free. */
struct why {
	char text[WHY_MAX]; /* always terminated; printable ASCII or UTF-8 */
};

/*
 * Put a clause in front of those that are there. `why` may be NULL. Control
 * characters are replaced by '?', since the text may hold what a card said, and
 * so are bytes that are not UTF-8. Returns `e`, so that
 * `return why_add(why, ERR_CARD, "...")` reads well.
 */
err_t why_add(struct why *why, err_t e, const char *fmt, ...) PRINTF(3, 4);

/* The text, or err_text(e) when nobody said anything. Borrowed from `why`. */
const char *why_text(const struct why *why, err_t e);

#endif
