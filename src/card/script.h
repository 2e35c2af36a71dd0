/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: a card that follows a script. Each line is what must come and what
 * is answered, in hexadecimal; a command that is not next in the script fails
 * the test, and so does a script that is not played to its end.
 */
#ifndef SCS_CARD_SCRIPT_H
#define SCS_CARD_SCRIPT_H

#include "card/card.h"
#include "codec/hex.h"
#include "test.h"

struct script_line {
	const char *cmd, *answer;
};

struct script {
	const struct script_line *lines;
	size_t n, at;
};

static err_t
script_transmit(
    void *ctx, struct span cmd, uint64_t deadline UNUSED, struct buf *answer)
{
	struct script *s = ctx;
	CLEANUP(buf_done) struct buf want = BUF_INIT(APDU_MAX_COMMAND);

	if (s->at >= s->n)
		fail_msg("a command after the end of the script");
	EXPECT_OK(hex_decode(span_str(s->lines[s->at].cmd), &want));
	assert_int_equal(cmd.n, want.n);
	assert_memory_equal(cmd.p, want.p, want.n);
	return hex_decode(span_str(s->lines[s->at++].answer), answer);
}

static const struct card_link_ops script_ops = { .transmit = script_transmit };

/* An ATR that says nothing, and one whose card takes extended lengths. */
static const uint8_t script_atr_plain[] = { 0x3b, 0x00 };
static const uint8_t script_atr_extended[] = { 0x3b, 0x95, 0x11, 0x81, 0x01,
	0x80, 0x73, 0x00, 0x00, 0x40, 0xb7 };

UNUSED static struct card *
script_card(struct script *s, bool extended)
{
	struct card_link link = { &script_ops, s };
	struct card *c;

	EXPECT_OK(card_new(link,
	    extended ? SPAN_OF(script_atr_extended) : SPAN_OF(script_atr_plain),
	    true, &c));
	return c;
}

UNUSED static void
script_end(struct script *s, struct card **c)
{
	assert_int_equal(s->at, s->n);
	card_free(c);
}

#define SCRIPT(rows)                               \
	{                                          \
		.lines = (rows), .n = nitems(rows) \
	}

#endif
