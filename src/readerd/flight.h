/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jobs of a slot that its driver works for, in the order in which it was
 * asked. As a rule that is one. Commands outside transactions to a card that has
 * just answered within a millisecond (a program, not a chip) may be several: so
 * many requests share each change from our process to the driver's and back.
 * With a slow card nobody waits for more than the one command in work.
 */
#ifndef SCS_READERD_FLIGHT_H
#define SCS_READERD_FLIGHT_H

#include "base/def.h"

struct job;

struct flight {
	struct job *first; /* by job->next; each is its slot's */
	unsigned int n;
	uint64_t since; /* clock_ms(): the driver works for the first */
	bool quick; /* the last command was answered at once */
};

/* May this one be sent to the driver now? */
bool flight_room(const struct flight *f, const struct job *j);

/* It has been sent. */
void flight_add(struct flight *f, struct job *j);

/* The answer with this id is here: its job, NULL if that is not the first. */
struct job *flight_answered(struct flight *f, uint32_t id);

/* Take it out, if it is in. */
void flight_remove(struct flight *f, const struct job *j);

bool flight_has(const struct flight *f, const struct job *j);

#endif
