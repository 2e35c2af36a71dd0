/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker that hangs. Whoever has something to do says that it still waits
 * for the card (WRK_ALIVE), so a worker without a word is stopped or turns in
 * circles, whatever the card takes. And a worker whose channel was closed has
 * little time to end: one that a card has taken over would not, and its place
 * among scsd's is wanted.
 */
#include "base/clock.h"
#include "base/log.h"
#include "ipc/control.h"
#include "tokend/tokend.h"

const struct patience patience_default = {
	.spawn_ms = 10000,
	.read_ms = 30000,
	.quiet_ms = 10000,
	.request_ms = 120000,
	.leave_ms = 2000,
};

static int
on_time(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	entry_hung(data);
	return 0;
}

/* The sooner of the two ends. */
static void
arm(struct entry *e)
{
	uint64_t now = clock_ms(), ms = e->quiet_ms;

	if (e->until_ms <= now)
		ms = 0;
	else if (e->until_ms - now < ms)
		ms = e->until_ms - now;
	if (e->timer == NULL &&
	    sd_event_add_time_relative(e->d->ev, &e->timer, CLOCK_MONOTONIC,
		ms * 1000, 0, on_time, e) < 0) {
		log_err("reader \"%s\": no memory for a timer", e->reader);
		return;
	}
	(void)sd_event_source_set_time_relative(e->timer, ms * 1000);
	(void)sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

void
patience_begin(struct entry *e, uint64_t quiet_ms, uint64_t most_ms)
{
	e->quiet_ms = quiet_ms;
	e->until_ms =
	    most_ms == DEADLINE_NONE ? DEADLINE_NONE : deadline_in(most_ms);
	arm(e);
}

void
patience_word(struct entry *e)
{
	if (e->quiet_ms != 0)
		arm(e);
}

void
patience_end(struct entry *e)
{
	e->quiet_ms = 0;
	if (e->timer != NULL)
		(void)sd_event_source_set_enabled(e->timer, SD_EVENT_OFF);
}

void
worker_kill(struct tokend *d, uint32_t cookie)
{
	struct control c = {
		.type = CONTROL_KILL, .kind = WORKER_TOKEN, .cookie = cookie
	};

	if (d->control >= 0 && control_send(d->control, &c, -1) != ERR_OK)
		log_warning("a worker that hangs could not be ended");
}

static int
on_leave(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct tokend *d = data;
	uint64_t now = clock_ms(), next = UINT64_MAX;

	for (size_t i = 0; i < LEAVING_MAX; i++) {
		struct leaving *l = &d->leaving[i];

		if (l->cookie == 0)
			continue;
		if (l->by_ms <= now) {
			worker_kill(d, l->cookie);
			l->cookie = 0;
		} else if (l->by_ms < next) {
			next = l->by_ms;
		}
	}
	if (next == UINT64_MAX)
		return 0;
	(void)sd_event_source_set_time_relative(
	    d->leave_timer, (next - now) * 1000);
	(void)sd_event_source_set_enabled(d->leave_timer, SD_EVENT_ONESHOT);
	return 0;
}

void
worker_leaves(struct tokend *d, uint32_t cookie)
{
	size_t i = 0;

	while (i < LEAVING_MAX && d->leaving[i].cookie != 0)
		i++;
	if (i == LEAVING_MAX ||
	    (d->leave_timer == NULL &&
		sd_event_add_time_relative(d->ev, &d->leave_timer,
		    CLOCK_MONOTONIC, 0, 0, on_leave, d) < 0)) {
		worker_kill(d, cookie); /* no place to wait for it */
		return;
	}
	d->leaving[i] = (struct leaving){ .cookie = cookie,
		.by_ms = deadline_in(d->patience.leave_ms) };
	(void)on_leave(NULL, 0, d);
}

void
worker_left(struct tokend *d, uint32_t cookie)
{
	for (size_t i = 0; i < LEAVING_MAX; i++) {
		if (d->leaving[i].cookie == cookie)
			d->leaving[i].cookie = 0;
	}
}
