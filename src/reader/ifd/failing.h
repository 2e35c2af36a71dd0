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
 */
#ifndef SCS_READER_IFD_FAILING_H
#define SCS_READER_IFD_FAILING_H

#include "reader/worker.h"

#define FAILING_LOOKS 5u
#define FAILING_COMMANDS 16u

struct failing {
	unsigned int looks, commands; /* in a row */
};

/* After each call (calls.h). True: it has failed once too often. */
bool failing_look(struct failing *f, err_t e);
bool failing_request(struct failing *f, const struct worker_frame *r, err_t e);

#endif
