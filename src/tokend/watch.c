/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which cards are in: a plain PC/SC connection that is told of every change. A
 * service that goes away takes its cards with it, and is looked for again.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tokend/tokend.h"

#define CALL_MS 5000 /* scs-readerd waits three for its drivers, at its start */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000

static void retry_later(struct tokend *d);

static bool
has_card(const struct wire_reader_state *r)
{
	return r->reader[0] != '\0' && (r->state & WIRE_STATE_PRESENT) != 0 &&
	    (r->state & WIRE_STATE_SWALLOWED) == 0;
}

static bool
is_there(const struct wire_reader_state *now, size_t n, const char *reader)
{
	for (size_t i = 0; i < n; i++) {
		if (strncmp(now[i].reader, reader, WIRE_READER_NAME) == 0)
			return true;
	}
	return false;
}

static void
note_reader(struct tokend *d, const char *reader)
{
	(void)snprintf(d->gone, sizeof(d->gone), "%s", reader);
	d->gone_ms = clock_ms();
}

static void
remove_gone(struct tokend *d, const struct wire_reader_state *now, size_t n)
{
	struct entry *e, *next;
	bool still;

	for (e = d->entries; e != NULL; e = next) {
		next = e->next;
		still = false;
		for (size_t i = 0; i < n; i++)
			still = still ||
			    (has_card(&now[i]) &&
				now[i].event_counter == e->events &&
				strncmp(now[i].reader, e->reader,
				    WIRE_READER_NAME) == 0);
		if (!still && !is_there(now, n, e->reader))
			note_reader(d, e->reader);
		if (!still)
			entry_remove(e);
	}
}

static void
add_new(struct tokend *d, const struct wire_reader_state *now, size_t n)
{
	char name[WIRE_READER_NAME];

	for (size_t i = 0; i < n; i++) {
		if (!has_card(&now[i]))
			continue;
		memcpy(name, now[i].reader, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		if (entry_find(d, name) == NULL)
			entry_add(d, name, now[i].event_counter);
		if (strcmp(name, d->gone) == 0)
			d->gone[0] = '\0';
	}
}

static void
lost(struct tokend *d, err_t e)
{
	const bool silent = e == ERR_TIMEOUT; /* it may go on */

	log_warning(
	    "the reader service is gone (%s): looking for it", err_text(e));
	watch_stop(d);
	if (!silent)
		recalls_forget(&d->recalls); /* those cards were out before */
	while (d->entries != NULL)
		entry_lost(
		    d->entries, silent ? RECALL_SILENCE : RECALL_SERVICE);
	retry_later(d);
}

static void
look(struct tokend *d)
{
	static struct wire_reader_state now[PCSC_READERS_MAX];
	size_t n;
	err_t e;

	e = pcsc_watch(d->pcsc, now, nitems(now), &n, deadline_in(CALL_MS));
	if (e != ERR_OK) {
		lost(d, e);
		return;
	}
	remove_gone(d, now, n);
	add_new(d, now, n);
}

static int
on_change(
    sd_event_source *src UNUSED, int fd UNUSED, uint32_t ev UNUSED, void *data)
{
	struct tokend *d = data;
	err_t e = pcsc_changed(d->pcsc);

	if (e == ERR_OK)
		look(d);
	else if (e != ERR_TIMEOUT)
		lost(d, e);
	return 0;
}

static int
on_retry(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct tokend *d = data;

	d->pcsc_retry = sd_event_source_disable_unref(d->pcsc_retry);
	watch_start(d);
	return 0;
}

static void
retry_later(struct tokend *d)
{
	uint64_t ms = d->pcsc_backoff_ms;

	if (d->pcsc_lost_ms == 0)
		d->pcsc_lost_ms = clock_ms();
	if (ms < BACKOFF_FIRST_MS)
		ms = BACKOFF_FIRST_MS;
	d->pcsc_backoff_ms = ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ms * 2;
	/* from now: the loop's own time is from before a call without answer */
	if (sd_event_add_time(d->ev, &d->pcsc_retry, CLOCK_MONOTONIC,
		deadline_in(ms) * 1000, 0, on_retry, d) < 0)
		(void)sd_event_exit(d->ev, 1);
}

void
watch_start(struct tokend *d)
{
	err_t e;

	e = pcsc_open(d->pcsc_path, PCSC_PLAIN, deadline_in(CALL_MS), &d->pcsc);
	if (e != ERR_OK) {
		log_debug("%s: %s", d->pcsc_path, err_text(e));
		retry_later(d);
		return;
	}
	if (sd_event_add_io(d->ev, &d->pcsc_io, pcsc_fd(d->pcsc), EPOLLIN,
		on_change, d) < 0) {
		lost(d, ERR_NOMEM);
		return;
	}
	d->pcsc_backoff_ms = 0;
	d->pcsc_lost_ms = 0;
	look(d);
}

void
watch_stop(struct tokend *d)
{
	d->pcsc_io = sd_event_source_disable_unref(d->pcsc_io);
	d->pcsc_retry = sd_event_source_disable_unref(d->pcsc_retry);
	pcsc_close(&d->pcsc);
}
