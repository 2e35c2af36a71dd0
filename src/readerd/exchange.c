/* SPDX-License-Identifier: BSD-2-Clause */
/* TRANSMIT, CONTROL and attributes: what goes to the driver and back. */
#include <string.h>

#include "readerd/handle.h"
#include "readerd/logging.h"
#include "readerd/request.h"
#include "readerd/service.h"

#define MIN_RESPONSE 2 /* the status word */

static void
log_command(struct slot *s, struct span cmd)
{
	char line[APDULOG_LINE_MAX];

	if (!s->log.on)
		return;
	apdulog_command(&s->log, cmd, line);
	logging_line(s, line);
}

static void
log_answer(struct slot *s, struct span answer)
{
	char line[APDULOG_LINE_MAX];

	if (!s->log.on)
		return;
	apdulog_answer(&s->log, answer, line);
	logging_line(s, line);
}

/*
 * Programs know of a command that failed what pcscd says: that it did. "The
 * buffer is too small", above all, would have them send it once more.
 */
static uint32_t
driver_rv(const struct job *j, err_t e)
{
	const struct client *c = j->client;

	if (e == ERR_OK)
		return SCARD_S_SUCCESS;
	if (j->handle != NULL && j->handle->mark == MARK_REMOVED)
		return SCARD_W_REMOVED_CARD;
	if (c->dialect == DIALECT_PLAIN &&
	    (e == ERR_TIMEOUT ||
		(c->command == WIRE_TRANSMIT &&
		    (e == ERR_LIMIT || e == ERR_UNSUPPORTED))))
		return SCARD_E_NOT_TRANSACTED;
	return rv_from_err(e);
}

/* Our own use leaves our own idea of the card's state valid. */
static void
touch(struct slot *s, struct handle *h)
{
	bool knew = h->seen == s->activity;

	s->activity++;
	if (knew)
		h->seen = s->activity;
}

/* ---- TRANSMIT */

static void
transmit_reply(struct job *j, uint32_t rv, struct span answer)
{
	struct client *c = j->client;
	struct wire_transmit *b = &c->body.transmit;
	uint32_t room = b->recv_length;

	job_end(j);
	b->recv_length = 0;
	if (rv == SCARD_S_SUCCESS) {
		b->recv_length = (uint32_t)answer.n;
		if (answer.n > room)
			rv = SCARD_E_INSUFFICIENT_BUFFER;
	}
	b->rv = rv;
	client_reply(c, rv == SCARD_S_SUCCESS ? answer : SPAN_NONE);
}

static void
transmit_done(struct job *j, err_t e, struct span answer)
{
	if (e == ERR_OK && answer.n < MIN_RESPONSE)
		e = ERR_IO;
	if (e == ERR_OK)
		log_answer(j->slot, answer);
	if (j->client == NULL)
		job_end(j);
	else
		transmit_reply(j, driver_rv(j, e), answer);
}

static uint32_t
transmit_check(const struct job *j)
{
	const struct slot *s = j->slot;
	uint32_t want = j->client->body.transmit.send_protocol;
	uint32_t rv = handle_rv(j->handle);

	if (rv != SCARD_S_SUCCESS || want == SCARD_PROTOCOL_RAW)
		return rv;
	if (s->card == WORKER_CARD_OUT)
		return SCARD_E_NO_SMARTCARD;
	if (want != SCARD_PROTOCOL_ANY_OLD && want != s->protocol)
		return SCARD_E_PROTO_MISMATCH;
	return SCARD_S_SUCCESS;
}

/* The driver's numbers: T=0, T=1, 4 for raw. */
static uint32_t
driver_protocol(const struct slot *s, uint32_t want)
{
	if (want == SCARD_PROTOCOL_ANY_OLD)
		want = s->protocol;
	return want == SCARD_PROTOCOL_T0 ? 0
	    : want == SCARD_PROTOCOL_T1  ? 1
					 : 4;
}

static void
transmit_go(struct job *j)
{
	struct slot *s = j->slot;
	struct span cmd = client_data(j->client);
	uint32_t rv = transmit_check(j);

	if (rv != SCARD_S_SUCCESS) {
		transmit_reply(j, rv, SPAN_NONE);
		return;
	}
	touch(s, j->handle);
	s->apdus++;
	j->handle->apdus++;
	log_command(s, cmd);
	slot_ask(j, WORKER_TRANSMIT,
	    driver_protocol(s, j->client->body.transmit.send_protocol), cmd);
}

err_t
on_transmit(struct client *c, struct handle *h)
{
	uint32_t rv = handle_rv(h);

	/* bad news does not wait for whoever has the card now */
	if (rv != SCARD_S_SUCCESS) {
		c->body.transmit.recv_length = 0;
		client_reply_rv(c, rv);
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .go = transmit_go,
	    .done = transmit_done,
	    .plain = !h->slot->log.on, /* its lines come in pairs */
	    .power = -1 });
}

/* ---- CONTROL */

static void
control_done(struct job *j, err_t e, struct span answer)
{
	struct client *c = j->client;
	struct wire_control *b;

	if (c == NULL) {
		job_end(j);
		return;
	}
	b = &c->body.control;
	b->rv = driver_rv(j, e);
	b->returned = 0;
	if (e == ERR_OK) {
		b->returned = (uint32_t)answer.n;
		if (answer.n > b->recv_length)
			b->rv = SCARD_E_INSUFFICIENT_BUFFER;
	}
	job_end(j);
	client_reply(c, b->rv == SCARD_S_SUCCESS ? answer : SPAN_NONE);
}

static void
control_go(struct job *j)
{
	struct client *c = j->client;

	if (!j->slot->present) {
		control_done(j, ERR_SERVICE, SPAN_NONE);
		return;
	}
	touch(j->slot, j->handle);
	slot_ask(j, WORKER_CONTROL, c->body.control.code, client_data(c));
}

/* Needs no card, and does not mind that it was reset. */
err_t
on_control(struct client *c, struct handle *h)
{
	if (h->slot == NULL) {
		c->body.control.returned = 0;
		client_reply_rv(c, handle_rv(h));
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .go = control_go,
	    .done = control_done,
	    .power = -1 });
}

/* ---- attributes */

static void
attrib_reply(struct job *j, uint32_t rv, struct span value)
{
	struct client *c = j->client;
	struct wire_attrib *b = &c->body.attrib;
	uint32_t room = b->length;

	job_end(j);
	memset(b->value, 0, sizeof(b->value));
	b->length = (uint32_t)value.n;
	if (rv == SCARD_S_SUCCESS && value.n > room)
		rv = SCARD_E_INSUFFICIENT_BUFFER;
	else if (rv == SCARD_S_SUCCESS && value.n > 0)
		memcpy(b->value, value.p, value.n);
	client_reply_rv(c, rv);
}

/* What the driver does not know and we do. */
static bool
known_here(const struct slot *s, uint32_t id, struct span *value)
{
	switch (id) {
	case SCARD_ATTR_FRIENDLY_NAME:
	case SCARD_ATTR_SYSTEM_NAME:
		*value = span_from(s->name, strlen(s->name) + 1);
		return true;
	case SCARD_ATTR_ATR_STRING:
		*value = span_from(s->atr, s->atr_n);
		return s->atr_n > 0;
	default:
		return false;
	}
}

static void
get_done(struct job *j, err_t e, struct span answer)
{
	if (j->client == NULL) {
		job_end(j);
		return;
	}
	if (e == ERR_UNSUPPORTED &&
	    known_here(j->slot, j->client->body.attrib.id, &answer))
		e = ERR_OK;
	else if (e == ERR_OK && answer.n > WIRE_ATTR_SIZE)
		e = ERR_IO;
	attrib_reply(j, driver_rv(j, e), e == ERR_OK ? answer : SPAN_NONE);
}

static void
set_done(struct job *j, err_t e, struct span answer UNUSED)
{
	if (j->client == NULL)
		job_end(j);
	else
		attrib_reply(j, driver_rv(j, e), SPAN_NONE);
}

static void
attrib_go(struct job *j)
{
	struct wire_attrib *b = &j->client->body.attrib;
	bool set = j->client->command == WIRE_SET_ATTRIB;
	uint32_t rv = handle_rv(j->handle);

	if (rv == SCARD_S_SUCCESS && !j->slot->present)
		rv = SCARD_E_READER_UNAVAILABLE;
	if (rv != SCARD_S_SUCCESS)
		attrib_reply(j, rv, SPAN_NONE);
	else if (set)
		slot_ask(
		    j, WORKER_SET_ATTR, b->id, span_from(b->value, b->length));
	else
		slot_ask(j, WORKER_GET_ATTR, b->id, SPAN_NONE);
}

static err_t
on_attrib(struct client *c, struct handle *h,
    void (*done)(struct job *j, err_t e, struct span answer))
{
	if (c->body.attrib.length > WIRE_ATTR_SIZE)
		return ERR_LIMIT;
	if (h->slot == NULL) {
		c->body.attrib.length = 0;
		client_reply_rv(c, handle_rv(h));
		return ERR_OK;
	}
	return job_queue(&(struct job){ .slot = h->slot,
	    .client = c,
	    .handle = h,
	    .go = attrib_go,
	    .done = done,
	    .power = -1 });
}

err_t
on_get_attrib(struct client *c, struct handle *h)
{
	return on_attrib(c, h, get_done);
}

err_t
on_set_attrib(struct client *c, struct handle *h)
{
	return on_attrib(c, h, set_done);
}
