/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions, and the state of a handle. */
#include "readerd/handle.h"
#include "readerd/idle.h"
#include "readerd/power.h"
#include "readerd/request.h"
#include "readerd/service.h"

static void
begin_go(struct job *j)
{
	struct client *c = j->client;
	struct handle *h = j->handle;
	uint32_t rv = handle_rv(h);

	if (rv == SCARD_S_SUCCESS) {
		j->slot->holder = h;
		j->slot->depth++;
		idle_used(j->slot);
	}
	job_end(j);
	client_reply_rv(c, rv);
}

/* Waits its turn; nested ones count. */
err_t
on_begin(struct client *c, struct handle *h)
{
	uint32_t rv = handle_rv(h);

	if (rv != SCARD_S_SUCCESS) {
		client_reply_rv(c, rv);
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .go = begin_go,
	    .power = -1 });
}

static void
end_one(struct slot *s)
{
	if (s->depth > 0 && --s->depth == 0)
		s->holder = NULL;
}

static void
end_reset(struct job *j, uint32_t rv)
{
	struct client *c = j->client;

	/* whoever resets at the end has to reconnect as well */
	if (j->handle != NULL && j->handle->mark == MARK_NONE)
		j->handle->mark = MARK_RESET;
	if (j->handle != NULL && j->slot->holder == j->handle)
		end_one(j->slot);
	job_end(j);
	if (c != NULL)
		client_reply_rv(c, rv);
}

err_t
on_end(struct client *c, struct handle *h)
{
	uint32_t disposition = c->body.disposition.disposition;
	uint32_t rv = handle_rv(h);
	struct slot *s = h->slot;
	struct job job;

	if (disposition > SCARD_EJECT_CARD)
		rv = SCARD_E_INVALID_VALUE;
	else if (rv == SCARD_S_SUCCESS && handle_shut_out(h) &&
	    (disposition != SCARD_LEAVE_CARD || !s->held))
		rv = SCARD_E_SHARING_VIOLATION;
	else if (rv == SCARD_S_SUCCESS && (s->holder != h || s->held))
		rv = SCARD_E_NOT_TRANSACTED;
	if (rv != SCARD_S_SUCCESS) {
		client_reply_rv(c, rv);
		return ERR_OK;
	}
	if (disposition == SCARD_LEAVE_CARD || !s->powered) {
		end_one(s);
		client_reply_rv(c, rv);
		slot_run(s);
		return ERR_OK;
	}
	job = power_job(s, h, c, disposition, end_reset);
	return job_queue(&job);
}

/*
 * Only says whether the handle is good: never waits, and does not mind others'
 * transactions, since it does nothing to the card.
 */
err_t
on_status(struct client *c, struct handle *h)
{
	client_reply_rv(c, handle_rv(h));
	return ERR_OK;
}
