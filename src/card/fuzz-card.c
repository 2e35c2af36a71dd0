/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile card under one command: the input is cut into answers, each led by
 * a length byte; after the last the card is gone.
 */
#include "card/card.h"
#include "fuzz.h"

static err_t
answer_next(void *ctx, struct span cmd UNUSED, uint64_t deadline UNUSED,
    struct buf *answer)
{
	struct span *in = ctx, one;
	uint8_t n;

	if (span_u8(in, &n) != ERR_OK)
		return ERR_REMOVED;
	if (span_take(in, n < in->n ? n : in->n, &one) != ERR_OK)
		return ERR_REMOVED;
	buf_put(answer, one);
	return buf_status(answer);
}

void
fuzz_one(struct span in)
{
	static const struct card_link_ops ops = { .transmit = answer_next };
	static const uint8_t data[300];
	struct card_link link = { &ops, &in };
	CLEANUP(card_free) struct card *c = NULL;
	CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
	struct apdu cmd = { .ins = 0xca, .data = SPAN_OF(data), .le = 256 };
	uint16_t sw = 0;

	if (card_new(link, SPAN_NONE, true, &c) != ERR_OK)
		return;
	if (card_send(c, &cmd, &out, &sw, NULL) == ERR_OK)
		FUZZ_PROMISE((sw & 0xff00) != 0x6100);
	FUZZ_PROMISE(out.n <= out.max);
}
