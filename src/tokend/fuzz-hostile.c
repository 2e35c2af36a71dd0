/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile card under everything: the input is cut into answers, each led by
 * two bytes of length; the guard opens the card, logs in and uses what it was
 * shown. After the last answer every command is refused.
 */
#include "fuzz.h"
#include "tokend/guard.h"

struct hostile {
	struct span in;
	unsigned int commands, verifies;
};

static err_t
on_hold(void *ctx UNUSED, unsigned int flags UNUSED, uint64_t deadline UNUSED,
    enum card_touched *touched)
{
	*touched = CARD_UNTOUCHED;
	return ERR_OK;
}

static err_t
on_unhold(void *ctx UNUSED, bool reset UNUSED)
{
	return ERR_OK;
}

static bool
on_wanted(void *ctx UNUSED)
{
	return false;
}

static err_t
on_transmit(
    void *ctx, struct span cmd, uint64_t deadline UNUSED, struct buf *answer)
{
	struct hostile *h = ctx;
	struct span one;
	uint16_t n;

	h->commands++;
	h->verifies += cmd.n > 5 && cmd.p[1] == 0x20 && cmd.p[2] == 0;
	FUZZ_PROMISE(h->commands < 100000);
	if (span_u16(&h->in, &n) != ERR_OK) {
		buf_put_u16(answer, 0x6a82);
		return buf_status(answer);
	}
	if (span_take(&h->in, n < h->in.n ? n : h->in.n, &one) != ERR_OK)
		return ERR_IO;
	buf_put(answer, one);
	return buf_status(answer);
}

static err_t
on_reset(void *ctx UNUSED)
{
	return ERR_OK;
}

static err_t
on_count(void *ctx UNUSED, uint64_t *apdus UNUSED)
{
	return ERR_UNSUPPORTED;
}

static const struct card_link_ops ops = { on_hold, on_unhold, on_wanted,
	on_transmit, on_reset, on_count, NULL };

static void
use_all(struct guard *g, const struct token *t, const struct secret *pin)
{
	static const uint8_t data[32] = { 1 };
	struct guard_ask me = { .session = 1 };
	struct guard_answer a;

	guard_answer_init(&a);
	(void)guard_login(g, &me, pin, &a);
	guard_settle(g);
	for (size_t i = 0; i < t->items_n; i++) {
		struct token_use use = { .item = &t->items[i],
			.mech = MECH_ECDSA,
			.data = SPAN_OF(data) };

		buf_reset(&a.out);
		(void)guard_use(g, &me, GUARD_SIGN, &use, pin, &a);
		guard_settle(g);
	}
	guard_answer_done(&a);
}

void
fuzz_one(struct span in)
{
	struct hostile h = { .in = in };
	struct card_link link = { &ops, &h };
	CLEANUP(card_free) struct card *c = NULL;
	CLEANUP(token_free) struct token *t = NULL;
	CLEANUP(memory_done) struct memory memory = { 0 };
	CLEANUP(guard_free) struct guard *g = NULL;
	CLEANUP(secret_free) struct secret *pin = NULL;
	CLEANUP(buf_done) struct buf out = BUF_INIT(512 * 1024);
	struct why why = { 0 };
	struct span all, whole;
	uint64_t insertion;

	if (card_new(link, SPAN_NONE, true, &c) != ERR_OK ||
	    memory_init(&memory) != ERR_OK || token_new(&t) != ERR_OK ||
	    secret_from(span_str("123456"), &pin) != ERR_OK)
		return;
	if (guard_open(c, 0, &memory, t, &g, &why) != ERR_OK) {
		FUZZ_PROMISE(h.verifies == 0);
		return;
	}
	token_put(&out, t);
	all = buf_span(&out);
	FUZZ_PROMISE(buf_status(&out) == ERR_OK);
	FUZZ_PROMISE(token_check(&all, &whole, &insertion) == ERR_OK);
	use_all(g, t, pin);
	/* once to log in, and for each key at most once more, with a switch */
	FUZZ_PROMISE(h.verifies <= 1 + 2 * t->items_n);
}
