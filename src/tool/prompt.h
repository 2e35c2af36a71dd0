/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a person: for a PIN without echo, for an explicit yes. When standard
 * input is a terminal the question goes to /dev/tty; else secrets are lines of
 * standard input, one each, and there is nobody who could say yes.
 */
#ifndef SCS_TOOL_PROMPT_H
#define SCS_TOOL_PROMPT_H

#include "base/secret.h"
#include "base/why.h"

#define PROMPT_SECRET_MAX 63 /* bytes; more is no PIN, PUK or password */

bool prompt_terminal(void);

/*
 * A secret, taken by the caller. Read byte by byte straight into locked memory.
 * ERR_PIN_NEEDED: nothing was entered, or the person gave up (^C, ^D, five
 * minutes). ERR_PIN_FORM: longer than any PIN.
 */
MUST_CHECK err_t prompt_secret(
    const char *question, struct secret **out, struct why *why);

/* True only for the whole word "yes" typed at a terminal. */
bool prompt_yes(const char *question);

/* What the bytes of one line do to a secret; for tests. */
enum prompt_step {
	PROMPT_MORE,
	PROMPT_END, /* the line is complete */
	PROMPT_CANCEL,
	PROMPT_TOO_LONG, /* stays so until the line ends */
};

struct prompt_line {
	uint8_t *p; /* borrowed: PROMPT_SECRET_MAX bytes of a secret */
	size_t n;
	bool edit; /* a terminal: erase, kill and cancel keys count */
	bool too_long;
};

enum prompt_step prompt_byte(struct prompt_line *l, uint8_t c);

#endif
