/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/link-pcsc.h"

#include <string.h>

#define CALL_MS 10000 /* connect, reset, unhold: the card answers or not */
#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

static err_t
link_hold(void *ctx, unsigned int flags, uint64_t deadline,
    enum card_touched *touched)
{
	struct pcsc_link *l = ctx;
	uint32_t others = WIRE_TOUCHED_USED;
	err_t e;

	e = pcsc_hold(l->pcsc, l->handle,
	    (flags & CARD_HOLD_TAKE) != 0 ? WIRE_HOLD_TAKE : 0, &others,
	    deadline);
	if (e != ERR_OK)
		return e;
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

	return pcsc_wanted(l->pcsc);
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
};

struct card_link
pcsc_link_card(struct pcsc_link *l)
{
	return (struct card_link){ .ops = &ops, .ctx = l };
}

static err_t
find_atr(struct pcsc_link *l, const char *reader)
{
	static struct wire_reader_state all[PCSC_READERS_MAX];
	size_t n;
	err_t e;

	e = pcsc_readers(l->pcsc, all, nitems(all), &n, deadline_in(CALL_MS));
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(all[i].reader, reader, WIRE_READER_NAME) != 0)
			continue;
		l->atr_n = all[i].atr_length < WIRE_ATR_SIZE ? all[i].atr_length
							     : WIRE_ATR_SIZE;
		memcpy(l->atr, all[i].atr, l->atr_n);
		return ERR_OK;
	}
	return ERR_ABSENT;
}

err_t
pcsc_link_open(
    int fd, const char *reader, struct pcsc_link *out, struct why *why)
{
	struct pcsc_link l = { 0 };
	struct wire_connect want =
	    pcsc_want(reader, SCARD_SHARE_SHARED, PROTOCOLS);
	err_t e;

	e = pcsc_open_fd(fd, PCSC_WORKER, deadline_in(CALL_MS), &l.pcsc);
	if (e != ERR_OK)
		return why_add(why, e, "connecting to the reader service");
	e = pcsc_connect(
	    l.pcsc, &want, &l.handle, &l.protocol, deadline_in(CALL_MS));
	if (e == ERR_OK)
		e = find_atr(&l, reader);
	if (e != ERR_OK) {
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
