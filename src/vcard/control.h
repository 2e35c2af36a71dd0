/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand that holds the card: lines of text on a unix socket. Each command
 * is answered by lines of which the last is "ok" or "error: TEXT".
 *
 *	insert          put the card into the reader
 *	remove          pull it
 *	status          "in" or "out", PIN and PUK tries
 *	counts          "total N", then "XX N" for each instruction that came
 *	clear           begin to count and to trace anew
 *	trace           the commands since, a line each
 *	misbehave RULE  see vcard_misbehave()
 *	quit            end the program
 */
#ifndef SCS_VCARD_CONTROL_H
#define SCS_VCARD_CONTROL_H

#include "vcard/vcard.h"

#define TRACE_MAX (256 * 1024) /* bytes kept; the newest are lost */

/* What a command may change. */
struct hand {
	struct vcard *card; /* borrowed */
	bool want_in; /* the card ought to be in the reader */
	bool is_in; /* it is */
	bool quit;
	struct buf trace; /* lines */
};

/* Carry out one line (without its end); the answer is appended to `out`. */
void control_line(struct hand *h, const char *line, struct buf *out);

#endif
