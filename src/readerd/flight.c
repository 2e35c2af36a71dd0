/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/flight.h"

#include "base/clock.h"
#include "reader/worker.h"
#include "readerd/slot.h"

#define QUICK_MS 1u

bool
flight_room(const struct flight *f, const struct job *j)
{
	if (f->first == NULL)
		return true;
	/* only plain ones join, so if the first is one, all are */
	return f->quick && j->plain && f->first->plain && f->n < WORKER_AHEAD;
}

void
flight_add(struct flight *f, struct job *j)
{
	struct job **end = &f->first;

	if (f->first == NULL)
		f->since = clock_ms();
	while (*end != NULL)
		end = &(*end)->next;
	j->next = NULL;
	*end = j;
	f->n++;
}

void
flight_remove(struct flight *f, const struct job *j)
{
	for (struct job **p = &f->first; *p != NULL; p = &(*p)->next) {
		if (*p == j) {
			*p = j->next;
			f->n--;
			return;
		}
	}
}

struct job *
flight_answered(struct flight *f, uint32_t id)
{
	struct job *j = f->first;
	uint64_t now;

	if (j == NULL || j->id != id)
		return NULL;
	now = clock_ms();
	f->quick = j->plain && now - f->since <= QUICK_MS;
	f->since = now;
	flight_remove(f, j);
	return j;
}

bool
flight_has(const struct flight *f, const struct job *j)
{
	for (const struct job *i = f->first; i != NULL; i = i->next) {
		if (i == j)
			return true;
	}
	return false;
}
