/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What readers there are, and who wants to be told of a change. Each WAIT is
 * followed by exactly one event. A 4:6 client asks for the states after it has
 * registered: until they were sent the event is held back, else it would be
 * read as the answer to that question.
 */
#include <stdlib.h>
#include <string.h>

#include "readerd/request.h"
#include "readerd/service.h"

/*
 * A 4:6 client refuses an array that is smaller than one it was once told of, also
 * by a process before us, which may have seen a reader more: in great steps.
 */
static size_t
array_size(const struct service *svc)
{
	size_t n = WIRE_OLD_READERS;

	while (n < svc->slots_n)
		n *= 2;
	return n;
}

/*
 * A reader keeps its place; but where there are more places than room, those of
 * readers that have gone are left out.
 */
static err_t
send_states(struct client *c, size_t n)
{
	CLEANUP(free_mem)
	struct wire_reader_state *all = calloc(n, sizeof(*all));
	const struct service *svc = c->svc;

	if (all == NULL)
		return ERR_NOMEM;
	for (size_t i = 0, at = 0; i < svc->slots_n && at < n; i++) {
		if (svc->slots_n <= n || svc->slots[i]->present)
			slot_state(svc->slots[i], &all[at++]);
	}
	client_reply_raw(c, span_from(all, n * sizeof(*all)));
	return ERR_OK;
}

void
client_event(struct client *c, uint32_t rv)
{
	struct wire_wait w = { 0, rv };

	c->waiting = WAIT_NOT;
	c->event_due = false;
	client_send(c, WIRE_WAIT_READER_STATE_CHANGE, span_from(&w, sizeof(w)));
}

void
service_changed(struct service *svc)
{
	for (struct client *c = svc->clients; c != NULL; c = c->next) {
		if (c->waiting == WAIT_ARMED)
			client_event(c, SCARD_S_SUCCESS);
		else if (c->waiting == WAIT_HELD_BACK)
			c->event_due = true; /* due_rv stays */
	}
}

void
service_reader_event(struct service *svc)
{
	/* a signed 16-bit number for clients; never 0 */
	svc->events =
	    svc->events >= INT16_MAX ? 1 : (uint16_t)(svc->events + 1);
	service_changed(svc);
}

err_t
on_states(struct client *c, struct handle *h UNUSED)
{
	return send_states(c, WIRE_OLD_READERS);
}

err_t
on_states_size(struct client *c, struct handle *h UNUSED)
{
	c->states_size = (uint32_t)array_size(c->svc);
	client_reply_raw(c, span_from(&c->states_size, sizeof(c->states_size)));
	return ERR_OK;
}

err_t
on_states_array(struct client *c, struct handle *h UNUSED)
{
	err_t e;

	if (c->states_size == 0)
		c->states_size = (uint32_t)array_size(c->svc);
	if ((e = send_states(c, c->states_size)))
		return e;
	if (c->waiting == WAIT_HELD_BACK)
		c->waiting = WAIT_ARMED;
	if (c->event_due)
		client_event(c, c->due_rv);
	return ERR_OK;
}

err_t
on_wait(struct client *c, struct handle *h UNUSED)
{
	if (c->waiting != WAIT_NOT)
		return ERR_SEQUENCE;
	c->event_due = false;
	c->due_rv = SCARD_S_SUCCESS;
	if (c->minor < WIRE_MINOR_ARRAY) {
		c->waiting = WAIT_ARMED;
		return send_states(c, WIRE_OLD_READERS);
	}
	c->waiting = WAIT_HELD_BACK;
	client_reply_raw(c, SPAN_NONE);
	return ERR_OK;
}

/* Not waiting: the event is on its way and takes the answer's place. */
err_t
on_stop(struct client *c, struct handle *h UNUSED)
{
	bool owed = c->waiting != WAIT_NOT;

	client_reply_raw(c, SPAN_NONE);
	if (owed)
		client_event(c, c->due_rv);
	return ERR_OK;
}

err_t
on_events(struct client *c, struct handle *h UNUSED)
{
	c->body.events = (struct wire_events){ c->svc->events, 0 };
	client_reply_raw(c, span_from(&c->body.events, sizeof(c->body.events)));
	return ERR_OK;
}
