/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/idle.h"

#include "base/clock.h"
#include "base/log.h"
#include "readerd/handle.h"
#include "readerd/service.h"

void
idle_used(struct slot *s)
{
	s->used_ms = clock_ms();
}

/* Somebody who would get the card if its holder had it no more. */
static bool
kept_waiting(struct slot *s)
{
	struct handle *holder = s->holder;
	bool found = false;

	s->holder = NULL;
	for (struct job *j = s->queue; j != NULL && !found; j = j->next)
		found = j->handle != holder && job_ready(j);
	s->holder = holder;
	return found;
}

static int
on_time(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	slot_run(data);
	return 0;
}

/* Without a timer the next request of anybody does it. */
static void
check_in(struct slot *s, uint64_t ms)
{
	sd_event *ev = s->svc->ev;

	if (ev == NULL)
		return;
	if (s->idle == NULL &&
	    sd_event_add_time_relative(ev, &s->idle, CLOCK_MONOTONIC, ms * 1000,
		1000, on_time, s) < 0) {
		log_err("reader \"%s\": no memory for a timer", s->name);
		return;
	}
	(void)sd_event_source_set_time_relative(s->idle, ms * 1000);
	(void)sd_event_source_set_enabled(s->idle, SD_EVENT_ONESHOT);
}

static void
end_transaction(struct slot *s)
{
	struct handle *h = s->holder;

	log_warning("reader \"%s\": uid %lu has had the card in a transaction "
		    "for %u s without a command, and others wait: the card is "
		    "reset and given to them",
	    s->name, (unsigned long)h->client->peer.uid, IDLE_MS / 1000);
	s->holder = NULL;
	s->depth = 0;
	s->reset_due = true;
	h->mark = MARK_RESET;
	slot_run(s);
}

/* It was asked (WANTED); its connection ends, and with that comes a reset. */
static void
end_hold(struct slot *s)
{
	struct client *c = s->holder->client;

	if (c->io.closing)
		return;
	log_warning("reader \"%s\": a token worker was asked for the card and "
		    "has not answered for %u s: it loses it",
	    s->name, IDLE_MS / 1000);
	stream_close(&c->io);
}

void
idle_check(struct slot *s)
{
	uint64_t since, now;

	if (s->holder == NULL || s->flight.first != NULL || !kept_waiting(s)) {
		if (s->idle != NULL)
			(void)sd_event_source_set_enabled(
			    s->idle, SD_EVENT_OFF);
		return;
	}
	now = clock_ms();
	since =
	    s->held && s->wanted_ms > s->used_ms ? s->wanted_ms : s->used_ms;
	if (now - since < IDLE_MS)
		check_in(s, IDLE_MS - (now - since));
	else if (s->held)
		end_hold(s);
	else
		end_transaction(s);
}
