/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/link-pcsc.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "pcsc/rv.h"

#define CALL_MS 10000 /* connect, reset, unhold: the card answers or not */
#define CONNECT_MS 60000 /* pcscd keeps CONNECT until a transaction ends */
#define RETRY_MS 50
#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

/* The state of our reader. ERR_ABSENT: there is no such reader. */
static err_t
find_reader(struct pcsc_link *l, struct wire_reader_state *out)
{
	static struct wire_reader_state all[PCSC_READERS_MAX];
	size_t n;
	err_t e;

	e = pcsc_readers(l->pcsc, all, nitems(all), &n, deadline_in(CALL_MS));
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(all[i].reader, l->reader, WIRE_READER_NAME) != 0)
			continue;
		*out = all[i];
		return ERR_OK;
	}
	return ERR_ABSENT;
}

/*
 * pcscd marks a handle "reset" even when the card that was reset is the next
 * one. A PIN must not follow it there: the counter tells whether a card has
 * gone. One that goes after it was read marks the handle anew.
 */
static err_t
same_card(struct pcsc_link *l)
{
	struct wire_reader_state now;
	err_t e;

	if ((e = find_reader(l, &now)))
		return e == ERR_ABSENT ? ERR_REMOVED : e;
	return now.event_counter == l->events ? ERR_OK : ERR_REMOVED;
}

static err_t
after_reset(struct pcsc_link *l, uint64_t deadline)
{
	err_t e;

	while ((e = pcsc_reconnect(l->pcsc, l->handle, PROTOCOLS, &l->protocol,
		    deadline_in(CALL_MS))) == ERR_BUSY) {
		if (deadline_left(deadline) == 0)
			return ERR_TIMEOUT;
		pcsc_pulse(l->pcsc);
		(void)poll(NULL, 0, RETRY_MS);
	}
	if (e == ERR_ABSENT)
		return ERR_REMOVED;
	return e != ERR_OK ? e : same_card(l);
}

/* A transaction. What others have done to the card, pcscd does not say. */
static err_t
hold_plain(struct pcsc_link *l, uint64_t deadline, enum card_touched *touched)
{
	enum card_touched found = CARD_TOUCHED;
	err_t e;

	while ((e = pcsc_begin(l->pcsc, l->handle, deadline)) == ERR_REMOVED &&
	    pcsc_rv(l->pcsc) == SCARD_W_RESET_CARD) {
		found = CARD_WAS_RESET;
		if ((e = after_reset(l, deadline)))
			return e;
		if (deadline_left(deadline) == 0)
			return ERR_TIMEOUT;
	}
	if (e == ERR_OK)
		*touched = found;
	return e;
}

static err_t
link_hold(void *ctx, unsigned int flags, uint64_t deadline,
    enum card_touched *touched)
{
	struct pcsc_link *l = ctx;
	uint32_t others = WIRE_TOUCHED_USED, how = 0;
	err_t e;

	if (l->dialect == PCSC_PLAIN)
		return hold_plain(l, deadline, touched);
	if ((flags & CARD_HOLD_TAKE) != 0)
		how |= WIRE_HOLD_TAKE;
	if ((flags & CARD_HOLD_FIRST) != 0)
		how |= WIRE_HOLD_FIRST;
	e = pcsc_hold(l->pcsc, l->handle, how, &others, deadline);
	if (e != ERR_OK)
		return e;
	if (pcsc_spoken(l->pcsc) != 0)
		l->protocol = pcsc_spoken(l->pcsc);
	*touched = others == WIRE_TOUCHED_NOT ? CARD_UNTOUCHED
	    : others == WIRE_TOUCHED_RESET    ? CARD_WAS_RESET
					      : CARD_TOUCHED;
	return ERR_OK;
}

static err_t
link_unhold(void *ctx, bool reset)
{
	struct pcsc_link *l = ctx;

	return pcsc_unhold(l->pcsc, l->handle,
	    reset ? SCARD_RESET_CARD : SCARD_LEAVE_CARD, deadline_in(CALL_MS));
}

static bool
link_wanted(void *ctx)
{
	struct pcsc_link *l = ctx;

	return l->dialect == PCSC_PLAIN || pcsc_wanted(l->pcsc);
}

static err_t
link_transmit(void *ctx, struct span cmd, uint64_t deadline, struct buf *answer)
{
	struct pcsc_link *l = ctx;
	struct pcsc_exchange x = {
		.card = l->handle, .protocol = l->protocol, .cmd = cmd
	};

	return pcsc_transmit(l->pcsc, &x, answer, deadline);
}

static err_t
link_reset(void *ctx)
{
	struct pcsc_link *l = ctx;

	return pcsc_reset(
	    l->pcsc, l->handle, PROTOCOLS, &l->protocol, deadline_in(CALL_MS));
}

static bool
link_t1(void *ctx)
{
	const struct pcsc_link *l = ctx;

	return l->protocol == SCARD_PROTOCOL_T1;
}

static err_t
link_count(void *ctx, uint64_t *apdus)
{
	struct pcsc_link *l = ctx;

	return pcsc_count(l->pcsc, l->handle, apdus, deadline_in(CALL_MS));
}

static const struct card_link_ops ops = {
	.hold = link_hold,
	.unhold = link_unhold,
	.wanted = link_wanted,
	.transmit = link_transmit,
	.reset = link_reset,
	.count = link_count,
	.t1 = link_t1,
};

struct card_link
pcsc_link_card(struct pcsc_link *l)
{
	return (struct card_link){ .ops = &ops, .ctx = l };
}

static err_t
connect_card(struct pcsc_link *l, bool (*wait)(void))
{
	struct wire_connect want =
	    pcsc_want(l->reader, SCARD_SHARE_SHARED, PROTOCOLS);
	uint64_t ms = l->dialect == PCSC_PLAIN ? CONNECT_MS : CALL_MS;
	err_t e;

	while ((e = pcsc_connect(l->pcsc, &want, &l->handle, &l->protocol,
		    deadline_in(ms))) == ERR_BUSY) {
		if (wait == NULL || !wait())
			break;
	}
	return e;
}

static err_t
read_state(struct pcsc_link *l)
{
	struct wire_reader_state now;
	err_t e;

	if ((e = find_reader(l, &now)))
		return e;
	l->events = now.event_counter;
	l->atr_n =
	    now.atr_length < WIRE_ATR_SIZE ? now.atr_length : WIRE_ATR_SIZE;
	memcpy(l->atr, now.atr, l->atr_n);
	return ERR_OK;
}

err_t
pcsc_link_open(
    const struct pcsc_link_want *want, struct pcsc_link *out, struct why *why)
{
	struct pcsc_link l = { .dialect = want->dialect };
	err_t e;

	(void)snprintf(l.reader, sizeof(l.reader), "%s", want->reader);
	e = pcsc_open_fd(
	    want->fd, want->dialect, deadline_in(CALL_MS), &l.pcsc);
	if (e != ERR_OK)
		return why_add(why, e, "connecting to the reader service");
	if (want->waiting != NULL)
		pcsc_on_wait(l.pcsc, want->waiting, want->waiting_ms);
	if ((e = connect_card(&l, want->wait)) || (e = read_state(&l))) {
		pcsc_close(&l.pcsc);
		return why_add(why, e, "connecting to the card");
	}
	*out = l;
	return ERR_OK;
}

void
pcsc_link_close(struct pcsc_link *l)
{
	pcsc_close(&l->pcsc);
}
