/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card and its worker: asked for when the card goes in, listed once the
 * worker has read it, given one request at a time, closed when the card is out.
 * A worker that dies, hangs or talks nonsense is replaced, after a pause that
 * grows. A card whose workers never get ready is left alone after the third,
 * until it is inserted again; one that others keep from being read is not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "token/driver.h"
#include "tokend/tokend.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MAX_MS 10000
#define BACKOFF_READY_MS 400 /* for one that could read the card */
#define CALM_MS 10000 /* ready for so long: the next pause is short again */
#define UNREADY_MAX 3 /* workers in a row that never got ready */

/* Who is to blame for a worker that ended. */
enum blame {
	BLAME_CARD, /* or the worker: three in a row are enough */
	BLAME_OTHERS, /* that passes */
};

bool
entry_listed(const struct entry *e)
{
	return e->token.n > 0;
}

bool
entry_reading(const struct entry *e)
{
	return !entry_listed(e) && !e->kept &&
	    (e->cookie != 0 || e->retry != NULL);
}

struct entry *
entry_find(struct tokend *d, const char *reader)
{
	struct entry *e = d->entries;

	while (e != NULL && strcmp(e->reader, reader) != 0)
		e = e->next;
	return e;
}

struct entry *
entry_by_insertion(struct tokend *d, uint64_t insertion)
{
	struct entry *e = d->entries;

	while (e != NULL && (e->insertion != insertion || !entry_listed(e)))
		e = e->next;
	return e;
}

static struct entry *
by_cookie(struct tokend *d, uint32_t cookie)
{
	struct entry *e = d->entries;

	while (e != NULL && (cookie == 0 || e->cookie != cookie))
		e = e->next;
	return e;
}

/* Without a worker there is no token: take it from the list. */
static void
drop_worker(struct entry *e)
{
	bool was_listed = entry_listed(e);

	if (e->cookie != 0)
		worker_leaves(e->d, e->cookie);
	e->cookie = 0;
	e->ready_ms = 0;
	patience_end(e);
	channel_close(e);
	if (was_listed)
		clients_changed(e->d);
}

static void
start_worker(struct entry *e)
{
	struct tokend *d = e->d;

	e->paced = false;
	e->insertion = ++d->last_insertion;
	if (++d->last_cookie == 0)
		++d->last_cookie;
	e->cookie = d->last_cookie;
	patience_begin(e, d->patience.spawn_ms, DEADLINE_NONE);
	spawn_worker(d, e->cookie);
}

static int
on_retry(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct entry *e = data;

	e->retry = sd_event_source_disable_unref(e->retry);
	start_worker(e);
	return 0;
}

/* How long to wait for the next worker. A kill of a working one is no reason to
 * give a card up; a card that no worker can read is. */
static uint64_t
next_pause(struct entry *e)
{
	uint64_t ms = e->backoff_ms;

	if (e->ready_ms != 0 && ms > BACKOFF_READY_MS)
		ms = BACKOFF_READY_MS;
	if (ms == 0 ||
	    (e->ready_ms != 0 && clock_ms() - e->ready_ms >= CALM_MS))
		ms = BACKOFF_FIRST_MS;
	e->backoff_ms = ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ms * 2;
	return ms;
}

static void
start_in(struct entry *e, uint64_t ms)
{
	e->retry = sd_event_source_disable_unref(e->retry);
	if (sd_event_add_time_relative(e->d->ev, &e->retry, CLOCK_MONOTONIC,
		ms * 1000, 0, on_retry, e) < 0)
		log_err("reader \"%s\": no memory for it", e->reader);
}

static void
worker_failed(struct entry *e, enum blame whose, const char *what)
{
	uint64_t ms = next_pause(e);

	if (e->ready_ms != 0)
		e->unready = 0;
	else if (whose == BLAME_CARD)
		e->unready++;
	e->kept = whose == BLAME_OTHERS;
	drop_worker(e);
	if (e->unready >= UNREADY_MAX) {
		log_err("reader \"%s\": %s, %d times in a row: the card is not "
			"used until it is taken out and put in",
		    e->reader, what, UNREADY_MAX);
		return;
	}
	log_warning("reader \"%s\": %s: the next one starts in %lu ms",
	    e->reader, what, (unsigned long)ms);
	start_in(e, ms);
}

void
entry_channel_over(struct entry *e, err_t why)
{
	if (why == ERR_BUSY)
		worker_failed(
		    e, BLAME_OTHERS, "another program keeps the card");
	else if (why == ERR_ABSENT)
		drop_worker(e); /* no driver knows it: nobody's fault */
	else
		worker_failed(e, BLAME_CARD,
		    why == ERR_REMOVED ? "its worker has ended"
				       : "its worker could not read the card");
}

void
entry_hung(struct entry *e)
{
	if (e->fd < 0) {
		worker_failed(e, BLAME_OTHERS, "no worker came in time");
		return;
	}
	worker_kill(e->d, e->cookie);
	worker_failed(
	    e, BLAME_CARD, "its worker does not answer any more: it is ended");
}

/* What had no driver may have one now, and the other way round. */
void
entry_drivers_changed(struct entry *e)
{
	size_t i = 0;

	while (i < driver_count() && strcmp(driver_id(i), e->driver) != 0)
		i++;
	if (entry_listed(e) && (e->d->drivers_off & 1u << i) == 0)
		return;
	drop_worker(e);
	e->unready = 0;
	start_in(e, 0);
}

void
entry_worker(struct tokend *d, uint32_t cookie, int fd, err_t err)
{
	CLOSE_FD int owned = fd;
	struct entry *e = by_cookie(d, cookie);

	/* the card may have left meanwhile: then the worker ends by itself */
	if (e == NULL || e->fd >= 0)
		return;
	if (err != ERR_OK || owned < 0) {
		worker_failed(e, BLAME_OTHERS, "no worker could be started");
		return;
	}
	patience_begin(e, d->patience.read_ms, DEADLINE_NONE);
	if (channel_open(e, fd_take(&owned)) != ERR_OK)
		worker_failed(
		    e, BLAME_CARD, "its worker could not be spoken to");
}

void
entry_worker_gone(struct tokend *d, uint32_t cookie)
{
	struct entry *e = by_cookie(d, cookie);

	worker_left(d, cookie);
	if (e == NULL)
		return;
	/* what it still said is read first; then its channel ends */
	if (e->fd < 0)
		worker_failed(e, BLAME_CARD, "its worker has ended");
}

void
entry_add(struct tokend *d, const char *reader, uint32_t events)
{
	struct entry *e = calloc(1, sizeof(*e));
	uint64_t wait;

	if (e == NULL) {
		log_err("reader \"%s\": no memory for it", reader);
		return;
	}
	*e = (struct entry){
		.next = d->entries, .d = d, .events = events, .fd = -1
	};
	(void)snprintf(e->reader, sizeof(e->reader), "%s", reader);
	recall_init(&e->recall);
	recalls_take(&d->recalls, reader, events, &e->recall);
	d->entries = e;
	wait = pace_insertion(&d->paces, reader, clock_ms());
	if (wait == 0) {
		start_worker(e);
		return;
	}
	/* once it waits longest that has been said */
	log_at(wait < PACE_MAX_MS ? LOG_LV_NOTICE : LOG_LV_DEBUG,
	    "reader \"%s\": cards come and go: this one is read in %lu ms, if "
	    "it stays",
	    reader, (unsigned long)wait);
	e->paced = true;
	start_in(e, wait);
}

static void
entry_end(struct entry *e, enum recall_loss loss)
{
	struct entry **at = &e->d->entries;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->retry = sd_event_source_disable_unref(e->retry);
	drop_worker(e);
	e->timer = sd_event_source_disable_unref(e->timer);
	recalls_keep(&e->d->recalls, e->reader, e->events, loss, &e->recall);
	free(e);
}

void
entry_remove(struct entry *e)
{
	entry_end(e, RECALL_READER);
}

void
entry_lost(struct entry *e, enum recall_loss loss)
{
	entry_end(e, loss);
}
