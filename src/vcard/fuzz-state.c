/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state file from any bytes, as they are and with the digest that fits
 * them. Promises: what is taken is a card that answers, whose counters are
 * within bounds, and which is the same when it is written and read again.
 */
#include "fuzz.h"
#include "vcard/card.h"

static void
promises(struct vcard *c)
{
	static const uint8_t select[] = { 0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8 };
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	CLEANUP(buf_done) struct buf first = BUF_INIT(STATE_MAX);
	CLEANUP(buf_done) struct buf second = BUF_INIT(STATE_MAX);
	CLEANUP(vcard_free) struct vcard *again = NULL;

	for (size_t i = 0; i < PIN_COUNT; i++)
		FUZZ_PROMISE(c->pins[i].left <= c->pins[i].tries &&
		    c->pins[i].tries <= 15);
	FUZZ_PROMISE(c->pins[PIN_PIV].value != NULL && c->mgm_key != NULL);
	vcard_power(c, true);
	FUZZ_PROMISE(vcard_transmit(c, SPAN_OF(select), &r) == ERR_OK);
	/* over T=0 the answer has to be fetched */
	FUZZ_PROMISE(
	    r.n >= 2 && (r.p[r.n - 2] == 0x90 || r.p[r.n - 2] == 0x61));
	FUZZ_PROMISE(state_build(c, &first) == ERR_OK);
	FUZZ_PROMISE(card_alloc(&again) == ERR_OK);
	FUZZ_PROMISE(state_parse(again, buf_span(&first), NULL) == ERR_OK);
	FUZZ_PROMISE(state_build(again, &second) == ERR_OK);
	FUZZ_PROMISE(span_eq(buf_span(&first), buf_span(&second)));
}

static void
take(struct span in)
{
	CLEANUP(vcard_free) struct vcard *c = NULL;
	struct why why = { 0 };
	err_t e;

	if (card_alloc(&c) != ERR_OK)
		abort();
	e = state_parse(c, in, &why);
	if (e == ERR_OK)
		promises(c);
	else
		FUZZ_PROMISE(e == ERR_FORMAT && why.text[0] != '\0');
}

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf sealed = BUF_INIT(STATE_MAX);

	take(in);
	buf_put(&sealed, span_from(STATE_MAGIC, STATE_MAGIC_LEN));
	buf_put(&sealed, in);
	if (state_seal(&sealed) == ERR_OK)
		take(buf_span(&sealed));
}
