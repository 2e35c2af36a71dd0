/* SPDX-License-Identifier: BSD-2-Clause */
/* Which readers there are, and being told when that changes. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pcsc/link.h"
#include "pcsc/rv.h"

#define ANSWER_MS 2000 /* for what the service answers from memory */

/* Names are used as strings from here on; lengths are bounded. */
static bool
state_ok(const struct wire_reader_state *s)
{
	return memchr(s->reader, 0, sizeof(s->reader)) != NULL;
}

static void
compact(const struct wire_reader_state *all, size_t all_n,
    struct wire_reader_state *out, size_t cap, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < all_n && *n < cap; i++) {
		if (all[i].reader[0] == '\0' || !state_ok(&all[i]))
			continue;
		out[*n] = all[i];
		if (out[*n].atr_length > WIRE_ATR_SIZE)
			out[*n].atr_length = 0; /* "not ready yet" */
		(*n)++;
	}
}

/* The size of the array, or 0 after a failure in *e. */
static size_t
array_size(struct pcsc *c, uint64_t deadline, err_t *e)
{
	struct wire_header h = { 0, WIRE_GET_READERS_STATE_SIZE };
	uint32_t n;

	if ((*e = link_send(c, h, NULL, SPAN_NONE, deadline)) ||
	    (*e = link_recv(c, h.command, &n, sizeof(n), deadline)))
		return 0;
	if (n == 0 || n > PCSC_READERS_MAX) {
		*e = link_dead(c, ERR_FORMAT);
		return 0;
	}
	return n;
}

/* `command` was not sent yet if `ask`, else its answer is on the way. */
static err_t
states(struct pcsc *c, uint32_t command, bool ask, size_t all_n,
    struct wire_reader_state **all, uint64_t deadline)
{
	struct wire_header h = { 0, command };
	struct wire_reader_state *p;
	err_t e;

	if (ask && (e = link_send(c, h, NULL, SPAN_NONE, deadline)))
		return e;
	if ((p = calloc(all_n, sizeof(*p))) == NULL)
		return link_dead(c, ERR_NOMEM);
	if ((e = link_recv(c, command, p, all_n * sizeof(*p), deadline))) {
		free(p);
		return e;
	}
	*all = p;
	return ERR_OK;
}

/* Fetch the array; `watch` has registered for an event before. */
static err_t
fetch(struct pcsc *c, struct wire_reader_state *out, size_t cap, size_t *n,
    bool watch, uint64_t deadline)
{
	CLEANUP(free_mem) struct wire_reader_state *all = NULL;
	size_t all_n = WIRE_OLD_READERS;
	err_t e;

	if (c->minor >= WIRE_MINOR_ARRAY) {
		if ((all_n = array_size(c, deadline, &e)) == 0)
			return e;
		e = states(c, WIRE_GET_READERS_STATE_ARRAY, true, all_n, &all,
		    deadline);
	} else {
		e = states(c,
		    watch ? WIRE_WAIT_READER_STATE_CHANGE
			  : WIRE_GET_READERS_STATE,
		    !watch, all_n, &all, deadline);
	}
	if (e == ERR_OK)
		compact(all, all_n, out, cap, n);
	return e;
}

err_t
pcsc_readers(struct pcsc *c, struct wire_reader_state *out, size_t cap,
    size_t *n, uint64_t deadline)
{
	if (c->watching)
		return ERR_SEQUENCE;
	return fetch(c, out, cap, n, false, deadline);
}

err_t
pcsc_watch(struct pcsc *c, struct wire_reader_state *out, size_t cap, size_t *n,
    uint64_t deadline)
{
	struct wire_header h = { 0, WIRE_WAIT_READER_STATE_CHANGE };
	err_t e;

	if (c->watching)
		return ERR_SEQUENCE;
	if ((e = link_send(c, h, NULL, SPAN_NONE, deadline)))
		return e;
	c->watching = true;
	return fetch(c, out, cap, n, true, deadline);
}

static err_t
take_event(struct pcsc *c, uint32_t command)
{
	struct wire_wait w;
	err_t e;

	e = link_answer(c, command, &w, sizeof(w), deadline_in(ANSWER_MS));
	c->watching = false;
	return e;
}

err_t
pcsc_changed(struct pcsc *c)
{
	return pcsc_wait(c, 0);
}

err_t
pcsc_wait(struct pcsc *c, uint64_t deadline)
{
	if (c->fd < 0)
		return ERR_SERVICE;
	if (!c->watching)
		return ERR_SEQUENCE;
	if (!link_readable(c, deadline))
		return ERR_TIMEOUT;
	return take_event(c, WIRE_WAIT_READER_STATE_CHANGE);
}

/*
 * One event is owed whatever happens: the one on the way, or the answer to
 * STOP. In the worker dialect both carry WAIT's command, since both end it.
 */
err_t
pcsc_watch_stop(struct pcsc *c, uint64_t deadline)
{
	struct wire_header h = { 0, WIRE_STOP_WAITING };
	err_t e;

	if (!c->watching)
		return ERR_OK;
	if ((e = link_send(c, h, NULL, SPAN_NONE, deadline)))
		return e;
	return take_event(c, WIRE_WAIT_READER_STATE_CHANGE);
}
