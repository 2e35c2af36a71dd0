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

/* How long from now until so much time has passed since then; 0: it has. */
static uint64_t
left(uint64_t since, uint64_t ms)
{
	uint64_t gone = clock_ms() - since;

	return gone < ms ? ms - gone : 0;
}

/* When the first of the logins that wait may take the card. */
static uint64_t
login_in(const struct slot *s)
{
	uint64_t soonest = DEADLINE_NONE, in;

	for (const struct job *j = s->queue; j != NULL; j = j->next) {
		if (j->login_ms != 0 &&
		    (in = left(j->login_ms, LOGIN_MS)) < soonest)
			soonest = in;
	}
	return soonest;
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
end_transaction(struct slot *s, const char *why)
{
	struct handle *h = s->holder;

	log_warning("reader \"%s\": uid %lu has had the card in a transaction "
		    "%s: the card is reset and given away",
	    s->name, (unsigned long)h->client->peer.uid, why);
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
	uint64_t since, idle_in, in;

	if (s->holder == NULL || s->flight.first != NULL || !kept_waiting(s)) {
		if (s->idle != NULL)
			(void)sd_event_source_set_enabled(
			    s->idle, SD_EVENT_OFF);
		return;
	}
	since =
	    s->held && s->wanted_ms > s->used_ms ? s->wanted_ms : s->used_ms;
	in = idle_in = left(since, IDLE_MS);
	if (!s->held && login_in(s) < in)
		in = login_in(s);
	if (in > 0)
		check_in(s, in);
	else if (s->held)
		end_hold(s);
	else
		end_transaction(s,
		    idle_in == 0 ? "for 5 s without a command, and others wait"
				 : "for which a login has waited for 10 s");
}
