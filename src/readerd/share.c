/* SPDX-License-Identifier: BSD-2-Clause */
/* CONNECT, RECONNECT, DISCONNECT. */
#include <string.h>

#include "readerd/handle.h"
#include "readerd/power.h"
#include "readerd/request.h"
#include "readerd/service.h"

#define PROTOCOLS                                                     \
	(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1 | SCARD_PROTOCOL_RAW | \
	    SCARD_PROTOCOL_ANY_OLD)

static bool
share_ok(uint32_t share)
{
	return share == SCARD_SHARE_EXCLUSIVE || share == SCARD_SHARE_SHARED ||
	    share == SCARD_SHARE_DIRECT;
}

/* Connections of others that an exclusive one would have to share with. */
static bool
others_connected(const struct slot *s, const struct handle *me)
{
	for (const struct handle *h = s->handles; h; h = h->next_of_slot) {
		if (h != me && !h->worker)
			return true;
	}
	return false;
}

/*
 * In a transaction of another connection it waits; in one of its own client it
 * does not, else it would for ever. A token worker never waits.
 */
static bool
may_connect(const struct job *j)
{
	const struct slot *s = j->slot;

	return s->holder == NULL || j->client == NULL ||
	    j->client->dialect == DIALECT_WORKER ||
	    s->holder->client == j->client;
}

static uint32_t
new_handle(struct client *c, struct slot *s)
{
	struct wire_connect *b = &c->body.connect;
	struct handle *h;

	if (c->context == 0)
		return SCARD_E_INVALID_HANDLE;
	if (b->context != c->context)
		return SCARD_E_INVALID_VALUE;
	if (handle_new(c, s, b->share, &h) != ERR_OK)
		return SCARD_E_NO_MEMORY;
	h->preferred = b->preferred;
	b->card = h->card;
	service_changed(s->svc);
	return SCARD_S_SUCCESS;
}

/*
 * Raw is for whoever asks for it, whatever others speak. A direct connection
 * learns what they speak, too.
 */
static uint32_t
active_protocol(const struct slot *s, uint32_t preferred)
{
	return (preferred & SCARD_PROTOCOL_RAW) != 0 ? SCARD_PROTOCOL_RAW
						     : s->protocol;
}

static void
connected(struct job *j, uint32_t rv)
{
	struct client *c = j->client;
	struct slot *s = j->slot;
	uint32_t active = active_protocol(s, j->preferred);

	if (active == 0)
		active = j->chosen; /* by a worker, who has not set it yet */
	job_end(j);
	if (c == NULL)
		return;
	c->body.connect.card = 0;
	c->body.connect.active = 0;
	if (rv == SCARD_S_SUCCESS &&
	    c->body.connect.share == SCARD_SHARE_EXCLUSIVE &&
	    c->dialect == DIALECT_PLAIN && others_connected(s, NULL))
		rv = SCARD_E_SHARING_VIOLATION;
	if (rv == SCARD_S_SUCCESS)
		rv = new_handle(c, s);
	if (rv == SCARD_S_SUCCESS)
		c->body.connect.active = active;
	client_reply_rv(c, rv);
}

/*
 * A worker connects before it reads its card, and what it reads may overpower
 * it: no other reader, and no card that comes later, is within its reach then.
 */
static bool
in_reach(struct client *c, const struct slot *s)
{
	if (c->body.connect.share != SCARD_SHARE_SHARED)
		return false;
	if (c->bound[0] == '\0') {
		memcpy(c->bound, s->name, sizeof(c->bound));
		c->bound_events = s->event_counter;
	}
	return strcmp(c->bound, s->name) == 0 &&
	    c->bound_events == s->event_counter;
}

/* A worker looks at the card's answer to reset; its HOLD does the rest. */
static void
connect_worker(struct job *j)
{
	struct slot *s = j->slot;

	j->chosen = power_choose(span_from(s->atr, s->atr_n), j->preferred);
	if (!s->present)
		connected(j, SCARD_E_READER_UNAVAILABLE);
	else if (s->card == WORKER_CARD_OUT)
		connected(j, SCARD_E_NO_SMARTCARD);
	else if (s->card == WORKER_CARD_MUTE)
		connected(j, SCARD_W_UNPOWERED_CARD);
	else
		connected(j,
		    j->chosen == 0 ? SCARD_E_PROTO_MISMATCH : SCARD_S_SUCCESS);
}

static void
connect_direct(struct job *j)
{
	struct slot *s = j->slot;

	/* SCardStatus says so, too, until somebody agrees on another */
	if (s->protocol == 0 && (j->preferred & SCARD_PROTOCOL_RAW) != 0)
		s->protocol = SCARD_PROTOCOL_RAW;
	connected(j, s->present ? SCARD_S_SUCCESS : SCARD_E_READER_UNAVAILABLE);
}

static void
connect_go(struct job *j)
{
	struct slot *s = j->slot;
	const struct wire_connect *b = &j->client->body.connect;
	bool worker = j->client->dialect == DIALECT_WORKER;

	if (worker && !in_reach(j->client, s)) {
		connected(j, SCARD_W_SECURITY_VIOLATION);
	} else if (!worker && s->exclusive != NULL) {
		connected(j, SCARD_E_SHARING_VIOLATION);
	} else if (b->share == SCARD_SHARE_DIRECT) {
		connect_direct(j);
	} else if (worker) {
		connect_worker(j);
	} else {
		/* what those agreed on who have left binds nobody */
		if (power_another_protocol(j) && !others_connected(s, NULL))
			j->power = WORKER_POWER_COLD;
		j->negotiate = true;
		power_up(j);
	}
}

static uint32_t
connect_check(struct client *c, struct slot **slot)
{
	struct wire_connect *b = &c->body.connect;

	if (b->share != SCARD_SHARE_DIRECT && (b->preferred & PROTOCOLS) == 0)
		return SCARD_E_PROTO_MISMATCH;
	if (!share_ok(b->share))
		return SCARD_E_INVALID_VALUE;
	b->reader[sizeof(b->reader) - 1] = '\0';
	if ((*slot = service_find(c->svc, b->reader)) == NULL)
		return SCARD_E_UNKNOWN_READER;
	if (c->dialect == DIALECT_PLAIN && (*slot)->exclusive != NULL)
		return SCARD_E_SHARING_VIOLATION;
	return SCARD_S_SUCCESS;
}

err_t
on_connect(struct client *c, struct handle *h UNUSED)
{
	struct slot *s = NULL;
	uint32_t rv = connect_check(c, &s);

	if (rv != SCARD_S_SUCCESS) {
		c->body.connect.card = 0;
		c->body.connect.active = 0;
		client_reply_rv(c, rv);
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = s,
	    .client = c,
	    .ready = may_connect,
	    .go = connect_go,
	    .power = -1,
	    .preferred = c->body.connect.preferred,
	    .finish = connected });
}

static uint32_t
change_share(struct handle *h, uint32_t share)
{
	struct slot *s = h->slot;

	if (h->worker)
		return SCARD_S_SUCCESS;
	if (share == SCARD_SHARE_EXCLUSIVE) {
		if (others_connected(s, h))
			return SCARD_E_SHARING_VIOLATION;
		s->exclusive = h;
	} else if (s->exclusive == h) {
		s->exclusive = NULL;
	}
	if (h->share != share)
		service_changed(s->svc);
	h->share = share;
	return SCARD_S_SUCCESS;
}

static void
reconnected(struct job *j, uint32_t rv)
{
	struct client *c = j->client;
	struct handle *h = j->handle;
	struct slot *s = j->slot;

	job_end(j);
	if (c == NULL || h == NULL)
		return;
	if (rv == SCARD_W_UNPOWERED_CARD)
		rv = SCARD_W_UNRESPONSIVE_CARD;
	if (rv == SCARD_S_SUCCESS)
		rv = change_share(h, c->body.reconnect.share);
	if (rv == SCARD_S_SUCCESS) {
		h->mark = MARK_NONE;
		h->preferred = c->body.reconnect.preferred;
		c->body.reconnect.active =
		    active_protocol(s, c->body.reconnect.preferred);
	} else if (c->body.reconnect.initialization != SCARD_LEAVE_CARD &&
	    h->mark == MARK_NONE) {
		h->mark = MARK_RESET; /* or whatever is left of it */
	}
	client_reply_rv(c, rv);
}

static void
reconnect_go(struct job *j)
{
	if (j->handle->mark == MARK_GONE)
		reconnected(j, SCARD_E_READER_UNAVAILABLE);
	else if (j->client->body.reconnect.share == SCARD_SHARE_DIRECT &&
	    j->power < 0)
		reconnected(j, SCARD_S_SUCCESS);
	else
		power_up(j);
}

static int
power_of(uint32_t initialization)
{
	switch (initialization) {
	case SCARD_RESET_CARD:
		return WORKER_POWER_WARM;
	case SCARD_UNPOWER_CARD:
		return WORKER_POWER_COLD;
	default:
		return -1;
	}
}

err_t
on_reconnect(struct client *c, struct handle *h)
{
	const struct wire_reconnect *b = &c->body.reconnect;
	uint32_t rv = SCARD_S_SUCCESS;

	if (h->mark == MARK_GONE)
		rv = SCARD_E_READER_UNAVAILABLE;
	else if (h->worker && h->mark == MARK_REMOVED)
		rv = SCARD_W_REMOVED_CARD; /* its card, and no other */
	else if (!share_ok(b->share) || b->initialization > SCARD_UNPOWER_CARD)
		rv = SCARD_E_INVALID_VALUE;
	else if (b->share != SCARD_SHARE_DIRECT &&
	    (b->preferred & PROTOCOLS) == 0)
		rv = SCARD_E_PROTO_MISMATCH;
	if (rv != SCARD_S_SUCCESS) {
		client_reply_rv(c, rv);
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .go = reconnect_go,
	    .power = power_of(b->initialization),
	    .negotiate = b->share != SCARD_SHARE_DIRECT,
	    .preferred = b->preferred,
	    .finish = reconnected });
}

static void
disconnected(struct job *j, uint32_t rv UNUSED)
{
	struct client *c = j->client;
	struct handle *h = j->handle;

	job_end(j);
	if (h != NULL)
		handle_free(h, true);
	if (c != NULL)
		client_reply_rv(c, SCARD_S_SUCCESS);
}

err_t
on_disconnect(struct client *c, struct handle *h)
{
	uint32_t disposition = c->body.disposition.disposition;
	struct slot *s = h->slot;
	struct job job;

	if (disposition > SCARD_EJECT_CARD) {
		client_reply_rv(c, SCARD_E_INVALID_VALUE);
		return ERR_OK;
	}
	if (s == NULL || disposition == SCARD_LEAVE_CARD || !s->powered ||
	    h->mark == MARK_REMOVED) {
		/* a worker that leaves a card it holds leaves it reset */
		handle_free(h, s == NULL || !s->held || s->holder != h);
		client_reply_rv(c, SCARD_S_SUCCESS);
		return ERR_OK;
	}
	job = power_job(s, h, c, disposition, disconnected);
	return job_queue(&job);
}
