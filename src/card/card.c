/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/card.h"

#include <stdlib.h>

#include "card/caps.h"
#include "card/sw.h"
#include "codec/atr.h"

#define INS_GET_RESPONSE 0xc0
#define TOO_LONG "the card's answer is longer than allowed"
#define TOO_MANY "the card's answer comes in too many pieces"
#define HOLD_MS 15000 /* how long others may keep us waiting */

struct card {
	struct card_link link;
	uint64_t deadline; /* of all commands */
	bool t1;
	bool claims; /* its answer to reset speaks of extended lengths */
	bool extended; /* the card takes extended lengths, as far as we know */
	bool proved; /* and has taken one, through this reader */
};

err_t
card_new(struct card_link link, struct span atr, bool t1, struct card **out)
{
	struct card *c = calloc(1, sizeof(*c));
	struct atr a;

	if (c == NULL)
		return ERR_NOMEM;
	*c = (struct card){ .link = link, .t1 = t1, .deadline = DEADLINE_NONE };
	if (atr_parse(atr, &a) == ERR_OK)
		c->claims = caps_extended(a.historical);
	/* over T=0 extended lengths need ENVELOPE, which PIV cards lack */
	c->extended = t1 && c->claims;
	*out = c;
	return ERR_OK;
}

void
card_free(struct card **c)
{
	if (c == NULL || *c == NULL)
		return;
	free(*c);
	*c = NULL;
}

void
card_deadline(struct card *c, uint64_t deadline)
{
	c->deadline = deadline;
}

bool
card_extended(const struct card *c)
{
	return c->extended;
}

/* One command of a conversation; its deadline is the conversation's. */
struct talk {
	struct card *card;
	uint64_t deadline;
	uint16_t sw;
	struct why *why;
};

/* One APDU out, its answer's data appended to `answer` (NULL: dropped). */
static err_t
exchange(struct talk *t, const struct apdu *cmd, struct buf *answer)
{
	struct card_link *l = &t->card->link;
	CLEANUP(buf_done) struct buf out = BUF_INIT(APDU_MAX_COMMAND);
	CLEANUP(buf_done) struct buf in = BUF_INIT(APDU_MAX_RESPONSE);
	struct span data;
	err_t e;

	if ((e = apdu_build(cmd, &out)))
		return e;
	if (clock_ms() >= t->deadline)
		return why_add(t->why, ERR_TIMEOUT, "the card is too slow");
	e = l->ops->transmit(l->ctx, buf_span(&out), t->deadline, &in);
	if (e != ERR_OK)
		return why_add(
		    t->why, e, "the connection to the card: %s", err_text(e));
	if ((e = apdu_response(buf_span(&in), &data, &t->sw)))
		return why_add(
		    t->why, e, "the card's answer has no status word");
	if (answer == NULL)
		return ERR_OK;
	if (answer->n + data.n > CARD_ANSWER_MAX)
		return why_add(t->why, ERR_LIMIT, TOO_LONG);
	buf_put(answer, data);
	if ((e = buf_status(answer)))
		return why_add(t->why, e, TOO_LONG);
	return ERR_OK;
}

/* 6Cxx: the same command again, asking for exactly xx bytes. */
static err_t
exchange_le(struct talk *t, const struct apdu *cmd, struct buf *answer)
{
	struct apdu again = *cmd;
	size_t before = answer != NULL ? answer->n : 0;
	err_t e;

	if ((e = exchange(t, cmd, answer)))
		return e;
	if ((t->sw & 0xff00) != 0x6c00 || cmd->secret || cmd->le == 0)
		return ERR_OK;
	if (answer != NULL)
		buf_trim(answer, before);
	again.extended = false;
	if (cmd->extended && cmd->data.n > APDU_SHORT_DATA)
		again.extended = true;
	again.le = (t->sw & 0xff) == 0 ? APDU_SHORT_LE : t->sw & 0xff;
	return exchange(t, &again, answer);
}

/* 61xx: fetch the rest, a bounded number of times. */
static err_t
get_response(struct talk *t, uint8_t cla, struct buf *answer)
{
	struct apdu cmd = { .cla = cla & (uint8_t)~APDU_CLA_CHAIN,
		.ins = INS_GET_RESPONSE };
	err_t e;

	for (unsigned int i = 0; (t->sw & 0xff00) == 0x6100; i++) {
		if (i >= CARD_ROUNDS_MAX)
			return why_add(t->why, ERR_LIMIT, TOO_MANY);
		cmd.le = (t->sw & 0xff) == 0 ? APDU_SHORT_LE : t->sw & 0xff;
		if ((e = exchange_le(t, &cmd, answer)))
			return e;
	}
	return ERR_OK;
}

/*
 * Short lengths: all but the last piece go out with the chaining bit. A card
 * that refuses a piece has refused the command.
 */
static err_t
send_short(struct talk *t, const struct apdu *cmd, struct buf *answer)
{
	struct apdu piece = *cmd;
	struct span rest = cmd->data;
	err_t e;

	piece.extended = false;
	piece.cla |= APDU_CLA_CHAIN;
	piece.le = 0;
	while (rest.n > APDU_SHORT_DATA) {
		if ((e = span_take(&rest, APDU_SHORT_DATA, &piece.data)) ||
		    (e = exchange(t, &piece, NULL)))
			return e;
		if (t->sw != SW_OK)
			return ERR_OK;
	}
	piece.cla = cmd->cla;
	piece.data = rest;
	piece.le = cmd->le > APDU_SHORT_LE ? APDU_SHORT_LE : cmd->le;
	/* case 4 over T=0 has no Le: the card says 61xx (7816-3, 12.2.1) */
	if (!t->card->t1 && rest.n > 0)
		piece.le = 0;
	return exchange_le(t, &piece, answer);
}

static bool
needs_extended(const struct apdu *cmd)
{
	return cmd->data.n > APDU_SHORT_DATA || cmd->le > APDU_SHORT_LE;
}

/*
 * A card that claims extended lengths and refuses the first (6700), or a reader
 * that cannot carry it (a CCID reader at the level of short APDUs fails then):
 * believe what they do. Nothing has happened yet, so the command goes again.
 */
static bool
refused_extended(struct talk *t, err_t e)
{
	if (e == ERR_OK)
		return t->sw == SW_WRONG_LENGTH;
	return e == ERR_IO && !t->card->proved;
}

static err_t
send_any(struct talk *t, const struct apdu *cmd, struct buf *answer)
{
	struct apdu wide = *cmd;
	size_t before = answer != NULL ? answer->n : 0;
	err_t e;

	if (!t->card->extended || !needs_extended(cmd))
		return send_short(t, cmd, answer);
	wide.extended = true;
	e = exchange_le(t, &wide, answer);
	if (cmd->secret || !refused_extended(t, e)) {
		t->card->proved |= e == ERR_OK;
		return e;
	}
	t->card->extended = false;
	if (answer != NULL)
		buf_trim(answer, before);
	return send_short(t, cmd, answer);
}

err_t
card_send(struct card *c, const struct apdu *cmd, struct buf *answer,
    uint16_t *sw, struct why *why)
{
	struct talk t = {
		.card = c, .deadline = deadline_in(CARD_COMMAND_MS), .why = why
	};
	err_t e;

	if (c->deadline < t.deadline)
		t.deadline = c->deadline;
	if ((e = send_any(&t, cmd, answer)) ||
	    (e = get_response(&t, cmd->cla, answer)))
		return e;
	*sw = t.sw;
	return ERR_OK;
}

/* Another program may have agreed on another one with the card meanwhile. */
static void
look_at_protocol(struct card *c)
{
	bool t1 =
	    c->link.ops->t1 != NULL ? c->link.ops->t1(c->link.ctx) : c->t1;

	if (t1 == c->t1)
		return;
	c->t1 = t1;
	c->extended = t1 && c->claims;
	c->proved = false;
}

err_t
card_hold(struct card *c, unsigned int flags, enum card_touched *touched)
{
	err_t e;

	e = c->link.ops->hold(
	    c->link.ctx, flags, deadline_in(HOLD_MS), touched);
	if (e == ERR_OK)
		look_at_protocol(c);
	return e;
}

err_t
card_unhold(struct card *c, bool reset)
{
	return c->link.ops->unhold(c->link.ctx, reset);
}

bool
card_wanted(struct card *c)
{
	return c->link.ops->wanted(c->link.ctx);
}

err_t
card_reset(struct card *c)
{
	err_t e = c->link.ops->reset(c->link.ctx);

	if (e == ERR_OK)
		look_at_protocol(c);
	return e;
}

err_t
card_count(struct card *c, uint64_t *apdus)
{
	return c->link.ops->count(c->link.ctx, apdus);
}
