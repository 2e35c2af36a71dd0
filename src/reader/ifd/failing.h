/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a driver still gets anything out of its reader. One that does not, as
 * libccid after a stall, says so at each call for as long as it lives, while a
 * new process that opens the reader anew may find it well.
 *
 * What counts is what a driver blames the reader for, in a row, of all slots
 * together: one slot that is broken takes no other away. Of looks for a card the
 * limit is low, since each talks to the reader alone and any answer ends the
 * row. Of commands it is high, and an answer to reset ends the row as well: a
 * broken card makes them fail too. That there is no card, or one that says
 * nothing when it is powered, is no failure; what a card answers least of all.
 *
 * Where slots are served at the same time, one that is slow may yet hear from
 * its card what another has waited for in vain: it is given up for none that has
 * not failed in the same row.
 */
#ifndef SCS_READER_IFD_FAILING_H
#define SCS_READER_IFD_FAILING_H

#include "reader/worker.h"

#define FAILING_LOOKS 5u
#define FAILING_COMMANDS 16u

struct failing_row {
	unsigned int n;
	uint32_t who; /* is in it, a bit for each number */
};

struct failing {
	struct failing_row looks, commands;
	uint32_t served; /* now, a bit for each number */
};

/*
 * `who` is being served, or not any more. A number below WORKER_SLOTS for what is
 * called one at a time: a slot or all of them.
 */
void failing_enter(struct failing *f, unsigned int who);
void failing_leave(struct failing *f, unsigned int who);

/* After each call (calls.h). True: it has failed once too often. */
bool failing_look(struct failing *f, unsigned int who, err_t e);
bool failing_request(
    struct failing *f, unsigned int who, const struct worker_frame *r, err_t e);

#endif
