/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that name a card. */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pcsc/link.h"
#include "pcsc/rv.h"

/* pcscd says "sharing violation" instead of queueing; ask again this often. */
#define RETRY_MS 10
#define CANCEL_MS 2000
/* What pcscd answers without the card; "sharing violation" takes it 100 ms. */
#define PROMPT_MS 5000

struct wire_connect
pcsc_want(const char *reader, uint32_t share, uint32_t protocols)
{
	struct wire_connect w = { .share = share, .preferred = protocols };
	size_t n = strnlen(reader, sizeof(w.reader) - 1);

	memcpy(w.reader, reader, n);
	return w;
}

err_t
pcsc_connect(struct pcsc *c, const struct wire_connect *want, int32_t *card,
    uint32_t *active, uint64_t deadline)
{
	struct wire_connect b = *want;
	err_t e;

	b.context = c->context;
	if ((e = link_call(c, WIRE_CONNECT, &b, sizeof(b), deadline)))
		return e;
	*card = b.card;
	*active = b.active;
	return ERR_OK;
}

static err_t
dispose(struct pcsc *c, uint32_t command, int32_t card, uint32_t disposition,
    uint64_t deadline)
{
	struct wire_disposition b = { card, disposition, 0 };

	return link_call(c, command, &b, sizeof(b), deadline);
}

err_t
pcsc_disconnect(
    struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline)
{
	return dispose(c, WIRE_DISCONNECT, card, disposition, deadline);
}

static err_t
reconnect(struct pcsc *c, struct wire_reconnect *b, uint32_t *active,
    uint64_t deadline)
{
	err_t e;

	if ((e = link_call(c, WIRE_RECONNECT, b, sizeof(*b), deadline)))
		return e;
	*active = b->active;
	return ERR_OK;
}

err_t
pcsc_reset(struct pcsc *c, int32_t card, uint32_t protocols, uint32_t *active,
    uint64_t deadline)
{
	struct wire_reconnect b = { .card = card,
		.share = SCARD_SHARE_SHARED,
		.preferred = protocols,
		.initialization = SCARD_RESET_CARD };

	return reconnect(c, &b, active, deadline);
}

err_t
pcsc_reconnect(struct pcsc *c, int32_t card, uint32_t protocols,
    uint32_t *active, uint64_t deadline)
{
	struct wire_reconnect b = { .card = card,
		.share = SCARD_SHARE_SHARED,
		.preferred = protocols,
		.initialization = SCARD_LEAVE_CARD };

	return reconnect(c, &b, active, deadline);
}

err_t
pcsc_status(struct pcsc *c, int32_t card, uint64_t deadline)
{
	struct wire_handle b = { card, 0 };

	return link_call(c, WIRE_STATUS, &b, sizeof(b), deadline);
}

/* A refusal on its way when the time is up is no reason to hang up. */
err_t
pcsc_begin(struct pcsc *c, int32_t card, uint64_t deadline)
{
	struct wire_handle b;
	uint64_t answered;
	err_t e;

	for (;;) {
		b = (struct wire_handle){ card, 0 };
		answered = deadline_in(PROMPT_MS);
		e = link_call(c, WIRE_BEGIN_TRANSACTION, &b, sizeof(b),
		    answered > deadline ? answered : deadline);
		if (e != ERR_BUSY)
			return e;
		if (deadline_left(deadline) == 0)
			return ERR_TIMEOUT;
		pcsc_pulse(c);
		(void)poll(NULL, 0, RETRY_MS);
	}
}

err_t
pcsc_end(struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline)
{
	return dispose(c, WIRE_END_TRANSACTION, card, disposition, deadline);
}

/* The bytes after a good TRANSMIT; no more than we asked for. */
static err_t
take_data(
    struct pcsc *c, size_t n, size_t room, struct buf *out, uint64_t deadline)
{
	uint8_t *to;
	err_t e;

	if (n > room || (c->dialect == PCSC_WORKER && n != c->rest))
		return link_dead(c, ERR_FORMAT);
	if (n == 0)
		return ERR_OK;
	if ((to = buf_grow(out, n)) == NULL)
		return link_dead(c, buf_status(out));
	if ((e = fd_read_n(c->fd, to, n, deadline)))
		return link_dead(c, e);
	return ERR_OK;
}

err_t
pcsc_transmit(struct pcsc *c, const struct pcsc_exchange *x, struct buf *answer,
    uint64_t deadline)
{
	struct wire_header h = { sizeof(struct wire_transmit), WIRE_TRANSMIT };
	size_t room = answer->max - answer->n;
	struct wire_transmit b = { .card = x->card,
		.send_protocol = x->protocol,
		.send_pci_length = 16,
		.send_length = (uint32_t)x->cmd.n,
		.recv_protocol = x->protocol,
		.recv_pci_length = 16 };
	err_t e;

	if (x->cmd.n > WIRE_DATA_MAX)
		return ERR_LIMIT;
	if (room > WIRE_DATA_MAX)
		room = WIRE_DATA_MAX;
	b.recv_length = (uint32_t)room;
	if ((e = link_send(c, h, &b, x->cmd, deadline)))
		return e;
	if ((e = link_answer(c, h.command, &b, sizeof(b), deadline)))
		return e;
	return take_data(c, b.recv_length, room, answer, deadline);
}

/*
 * Our turn did not come in time: an UNHOLD behind a HOLD that still waits
 * takes it out of the queue. Whether it came just then or not, both are
 * answered, and nothing is held afterwards.
 */
static err_t
hold_cancel(struct pcsc *c, int32_t card)
{
	uint64_t deadline = deadline_in(CANCEL_MS);
	struct wire_header h = { sizeof(struct wire_disposition), WIRE_UNHOLD };
	struct wire_disposition u = { card, SCARD_LEAVE_CARD, 0 };
	struct wire_hold b;
	err_t e;

	if ((e = link_send(c, h, &u, SPAN_NONE, deadline)) ||
	    (e = link_recv(c, WIRE_HOLD, &b, sizeof(b), deadline)) ||
	    (e = link_recv(c, WIRE_UNHOLD, &u, sizeof(u), deadline)))
		return e;
	c->wanted = false;
	return ERR_TIMEOUT;
}

err_t
pcsc_hold(struct pcsc *c, int32_t card, uint32_t flags, uint32_t *touched,
    uint64_t deadline)
{
	struct wire_header h = { sizeof(struct wire_hold), WIRE_HOLD };
	struct wire_hold b = { .card = card, .flags = flags };
	err_t e;

	if (c->dialect == PCSC_PLAIN) {
		*touched = WIRE_TOUCHED_USED;
		return pcsc_begin(c, card, deadline);
	}
	if ((e = link_send(c, h, &b, SPAN_NONE, deadline)))
		return e;
	c->wanted = false;
	if (!link_readable(c, deadline))
		return hold_cancel(c, card);
	if ((e = link_answer(
		 c, WIRE_HOLD, &b, sizeof(b), deadline_in(CANCEL_MS))))
		return e;
	*touched = b.touched;
	c->spoken = b.active;
	return ERR_OK;
}

err_t
pcsc_unhold(
    struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline)
{
	err_t e;

	if (c->dialect == PCSC_PLAIN)
		return pcsc_end(c, card, disposition, deadline);
	e = dispose(c, WIRE_UNHOLD, card, disposition, deadline);
	c->wanted = false;
	return e;
}

err_t
pcsc_count(struct pcsc *c, int32_t card, uint64_t *apdus, uint64_t deadline)
{
	struct wire_count b = { .card = card };
	err_t e;

	if (c->dialect == PCSC_PLAIN)
		return ERR_UNSUPPORTED;
	if ((e = link_call(c, WIRE_COUNT, &b, sizeof(b), deadline)))
		return e;
	*apdus = (uint64_t)b.apdus_high << 32 | b.apdus_low;
	return ERR_OK;
}
