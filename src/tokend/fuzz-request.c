/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as from a tokend gone mad, to a worker with a good card. */
#include "fuzz.h"
#include "tokend/request.h"
#include "tokend/worker-proto.h"
#include "vcard/vcard.h"

static struct vcard *vc;
static bool held;

static err_t
on_hold(void *ctx UNUSED, unsigned int flags UNUSED, uint64_t deadline UNUSED,
    enum card_touched *touched)
{
	held = true;
	*touched = CARD_UNTOUCHED;
	return ERR_OK;
}

static err_t
on_unhold(void *ctx UNUSED, bool reset)
{
	held = false;
	if (reset)
		vcard_reset(vc);
	return ERR_OK;
}

static bool
on_wanted(void *ctx UNUSED)
{
	return true;
}

static err_t
on_transmit(void *ctx UNUSED, struct span cmd, uint64_t deadline UNUSED,
    struct buf *answer)
{
	FUZZ_PROMISE(held);
	return vcard_transmit(vc, cmd, answer);
}

static err_t
on_reset(void *ctx UNUSED)
{
	vcard_reset(vc);
	return ERR_OK;
}

static err_t
on_count(void *ctx UNUSED, uint64_t *apdus)
{
	*apdus = 0;
	return ERR_OK;
}

static const struct card_link_ops ops = { on_hold, on_unhold, on_wanted,
	on_transmit, on_reset, on_count, NULL };
static const struct card_link link_ = { &ops, NULL };

static struct card *c;
static struct guard *g;
static struct token *t;
static struct memory memory;

/* A card without keys is quick, and its PIN can be tried all the same. */
static void
setup(void)
{
	struct why why = { 0 };

	FUZZ_PROMISE(vcard_new(NULL, &vc) == ERR_OK);
	vcard_power(vc, true);
	FUZZ_PROMISE(card_new(link_, SPAN_NONE, true, &c) == ERR_OK);
	FUZZ_PROMISE(token_new(&t) == ERR_OK);
	t->insertion = 1;
	FUZZ_PROMISE(memory_init(&memory) == ERR_OK);
	FUZZ_PROMISE(guard_open(c, 0, &memory, t, &g, &why) == ERR_OK);
}

/* A card whose PIN is blocked shows nothing more. */
static void
another_card(void)
{
	guard_free(&g);
	memory_done(&memory);
	token_free(&t);
	card_free(&c);
	vcard_free(&vc);
	setup();
}

void
fuzz_one(struct span in)
{
	CLEANUP(msg_done) struct msg m = { 0 }, out = { 0 };
	size_t used, need;
	unsigned int before;

	if (g == NULL)
		setup();
	else if (vcard_tries(vc, 0x80) == 0)
		another_card();
	msg_init(&m, 0);
	msg_init(&out, 0);
	if (msg_parse(in, &m, &used, &need) != ERR_OK)
		return;
	before = vcard_tries(vc, 0x80);
	if (request_handle(g, t, &m, &out) != ERR_OK)
		return;
	guard_settle(g);
	FUZZ_PROMISE(out.body.n >= 2);
	FUZZ_PROMISE(!held); /* somebody waits: the card is given back */
	FUZZ_PROMISE(vcard_tries(vc, 0x80) + 1 >= before);
	/* not the last one, unless the frame says yes */
	FUZZ_PROMISE(vcard_tries(vc, 0x80) > 0 ||
	    (m.body.p[8] & ASK_LAST_TRY) != 0 || m.type == TOK_VERIFY_SIGN);
}
