/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/hold.h"

#include "base/clock.h"
#include "readerd/handle.h"
#include "readerd/idle.h"
#include "readerd/power.h"
#include "readerd/request.h"
#include "readerd/service.h"

static bool
somebody_waits(const struct slot *s)
{
	for (const struct job *j = s->queue; j != NULL; j = j->next) {
		if (j->handle != s->holder)
			return true;
	}
	return false;
}

void
hold_tell(struct slot *s)
{
	if (!s->held || s->wanted_sent || !somebody_waits(s))
		return;
	s->wanted_sent = true;
	s->wanted_ms = clock_ms();
	client_send(s->holder->client, WIRE_WANTED, SPAN_NONE);
}

static bool
may_hold(const struct job *j)
{
	const struct slot *s = j->slot;
	bool take = j->client != NULL &&
	    (j->client->body.hold.flags & WIRE_HOLD_TAKE) != 0;

	if (s->holder != NULL)
		return j->handle == s->holder;
	return s->exclusive == NULL || j->handle == s->exclusive || take;
}

/* The card is up and ours, or it is not. */
static void
granted(struct job *j, uint32_t rv)
{
	struct client *c = j->client;
	struct handle *h = j->handle;
	struct slot *s = j->slot;
	uint32_t touched = WIRE_TOUCHED_NOT;

	if (h == NULL || h->seen != s->activity)
		touched = WIRE_TOUCHED_USED;
	if (h != NULL && h->mark == MARK_RESET)
		touched = WIRE_TOUCHED_RESET;
	if (h != NULL && rv == SCARD_S_SUCCESS) {
		s->holder = h;
		s->held = true;
		s->wanted_sent = false;
		s->depth = 1;
		idle_used(s);
		h->mark = MARK_NONE; /* `touched` has said it */
	}
	job_end(j);
	if (c == NULL)
		return;
	c->body.hold.touched = touched;
	c->body.hold.active = s->protocol;
	client_reply_rv(c, rv);
}

static void
hold_go(struct job *j)
{
	struct handle *h = j->handle;
	struct slot *s = j->slot;

	if (h->mark != MARK_NONE && h->mark != MARK_RESET) {
		granted(j, handle_rv(h));
		return;
	}
	if (s->exclusive != NULL && s->exclusive != h)
		j->power = WORKER_POWER_WARM; /* only with WIRE_HOLD_TAKE */
	j->negotiate = true;
	j->preferred = h->preferred;
	power_up(j);
}

err_t
on_hold(struct client *c, struct handle *h)
{
	bool first, login = (c->body.hold.flags & WIRE_HOLD_TAKE) != 0;

	if (h->mark == MARK_GONE || h->mark == MARK_REMOVED) {
		client_reply_rv(c, handle_rv(h));
		return ERR_OK;
	}
	if (h->slot->holder == h)
		return ERR_SEQUENCE;
	/* what a login waits for */
	first = login || (c->body.hold.flags & WIRE_HOLD_FIRST) != 0;
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .ready = may_hold,
	    .go = hold_go,
	    .first = first,
	    .login_ms = login ? clock_ms() : 0,
	    .power = -1,
	    .finish = granted });
}

err_t
hold_cancel(struct client *c, const struct wire_disposition *unhold)
{
	struct job *j = c->job;
	struct slot *s = j->slot;

	if (unhold->card != c->body.hold.card)
		return ERR_SEQUENCE;
	if (flight_has(&s->flight, j))
		return ERR_BUSY; /* it is being granted: answer that first */
	job_end(j);
	client_reply_rv(c, SCARD_E_CANCELLED);
	slot_run(s);
	return ERR_OK;
}

/* What the holder has done itself does not count as touched. */
static void
let_go(struct slot *s, struct handle *h)
{
	h->seen = s->activity;
	s->holder = NULL;
	s->held = s->wanted_sent = false;
	s->depth = 0;
}

static void
unhold_reset(struct job *j, uint32_t rv)
{
	struct client *c = j->client;
	struct slot *s = j->slot;
	struct handle *h = j->handle;

	if (h != NULL) {
		let_go(s, h);
		h->seen--; /* the reset that has just been */
	}
	job_end(j);
	if (c != NULL)
		client_reply_rv(c, rv);
}

err_t
on_unhold(struct client *c, struct handle *h)
{
	uint32_t disposition = c->body.disposition.disposition;
	struct slot *s = h->slot;
	struct job job;

	if (s == NULL || s->holder != h || !s->held) {
		client_reply_rv(c,
		    h->mark != MARK_NONE ? handle_rv(h)
					 : SCARD_E_NOT_TRANSACTED);
		return ERR_OK;
	}
	if (disposition > SCARD_EJECT_CARD)
		return ERR_FORMAT;
	if (disposition != SCARD_LEAVE_CARD) {
		job = power_job(s, h, c, disposition, unhold_reset);
		return job_queue(&job);
	}
	let_go(s, h);
	client_reply_rv(c, SCARD_S_SUCCESS);
	slot_run(s);
	return ERR_OK;
}

err_t
on_count(struct client *c, struct handle *h)
{
	c->body.count.apdus_low = (uint32_t)h->apdus;
	c->body.count.apdus_high = (uint32_t)(h->apdus >> 32);
	client_reply_rv(c, SCARD_S_SUCCESS);
	return ERR_OK;
}
