/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/card.h"
#include "card/script.h"

static const uint8_t data[300] = { 1, 2, 3 };

static const struct apdu small = {
	.ins = 0xca, .data = { data, 2 }, .le = APDU_SHORT_LE
};

static err_t
play(struct script *s, bool extended, const struct apdu *cmd, struct buf *out,
    uint16_t *sw)
{
	struct card *c = script_card(s, extended);
	err_t e = card_send(c, cmd, out, sw, NULL);

	script_end(s, &c);
	return e;
}

TEST(get_response_collects_the_whole_answer)
{
	static const struct script_line lines[] = {
		{ "00ca000002010200", "aabb6102" },
		{ "00c0000002", "ccdd6101" },
		{ "00c0000001", "ee9000" },
	};
	struct script s = SCRIPT(lines);
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	uint16_t sw;

	EXPECT_OK(play(&s, false, &small, &out, &sw));
	assert_int_equal(sw, 0x9000);
	EXPECT_SPAN(buf_span(&out), "\xaa\xbb\xcc\xdd\xee");
}

TEST(a_wrong_le_is_corrected_once)
{
	static const struct script_line lines[] = {
		{ "00ca000002010200", "6c03" },
		{ "00ca000002010203", "aabbcc9000" },
	};
	static const struct script_line twice[] = {
		{ "00ca000002010200", "6c03" },
		{ "00ca000002010203", "6c04" },
	};
	struct script s = SCRIPT(lines), t = SCRIPT(twice);
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	uint16_t sw;

	EXPECT_OK(play(&s, false, &small, &out, &sw));
	EXPECT_SPAN(buf_span(&out), "\xaa\xbb\xcc");
	EXPECT_OK(play(&t, false, &small, &out, &sw));
	assert_int_equal(sw, 0x6c04);
}

TEST(long_data_is_chained_on_a_card_without_extended_lengths)
{
	char first[2 * 260 + 1], last[2 * 60 + 1];
	struct script_line lines[] = { { first, "9000" }, { last, "aa9000" } };
	struct script s = SCRIPT(lines);
	struct apdu cmd = {
		.ins = 0x87, .data = { data, 300 }, .le = APDU_MAX_LE
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	uint16_t sw;

	(void)snprintf(first, sizeof(first), "10870000ff010203%0504d", 0);
	(void)snprintf(last, sizeof(last), "008700002d%090d00", 0);
	EXPECT_OK(play(&s, false, &cmd, &out, &sw));
	EXPECT_SPAN(buf_span(&out), "\xaa");
}

TEST(a_refused_piece_ends_the_chain)
{
	char first[2 * 260 + 1];
	struct script_line lines[] = { { first, "6884" } };
	struct script s = SCRIPT(lines);
	struct apdu cmd = { .ins = 0x87, .data = { data, 300 } };
	uint16_t sw;

	(void)snprintf(first, sizeof(first), "10870000ff010203%0504d", 0);
	EXPECT_OK(play(&s, false, &cmd, NULL, &sw));
	assert_int_equal(sw, 0x6884);
}

TEST(extended_lengths_are_one_command)
{
	char all[2 * 320];
	struct script_line lines[] = { { all, "aa9000" } };
	struct script s = SCRIPT(lines);
	struct apdu cmd = {
		.ins = 0x87, .data = { data, 300 }, .le = APDU_MAX_LE
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	uint16_t sw;

	(void)snprintf(all, sizeof(all), "0087000000012c010203%0594d0000", 0);
	EXPECT_OK(play(&s, true, &cmd, &out, &sw));
}

TEST(a_card_that_claims_extended_lengths_falsely_gets_short_ones)
{
	static const struct script_line lines[] = {
		{ "00ca0000000002"
		  "0102"
		  "0000",
		    "6700" },
		{ "00ca000002"
		  "0102"
		  "00",
		    "bb9000" },
		{ "00ca000002"
		  "0102"
		  "00",
		    "cc9000" },
	};
	struct script s = SCRIPT(lines);
	struct apdu cmd = {
		.ins = 0xca, .data = { data, 2 }, .le = APDU_MAX_LE
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	struct card *c;
	uint8_t two[] = { 1, 2 };
	uint16_t sw;

	cmd.data = SPAN_OF(two);
	c = script_card(&s, true);
	EXPECT_OK(card_send(c, &cmd, &out, &sw, NULL));
	assert_false(card_extended(c));
	EXPECT_OK(card_send(c, &cmd, &out, &sw, NULL));
	EXPECT_SPAN(buf_span(&out), "\xbb\xcc");
	script_end(&s, &c);
}

/* A reader that carries short APDUs alone, or fails at any time. */
struct failing {
	struct script script;
	size_t fail_at; /* this command fails, and is not in the script */
	size_t sent;
};

static err_t
failing_transmit(
    void *ctx, struct span cmd, uint64_t deadline, struct buf *answer)
{
	struct failing *f = ctx;

	if (f->sent++ == f->fail_at)
		return ERR_IO;
	return script_transmit(&f->script, cmd, deadline, answer);
}

static err_t
play_failing(struct failing *f, const struct apdu *cmd, unsigned int times)
{
	static const struct card_link_ops ops = { .transmit =
						      failing_transmit };
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);
	struct card_link link = { &ops, f };
	struct card *c;
	uint16_t sw;
	err_t e = ERR_OK;

	EXPECT_OK(card_new(link, SPAN_OF(script_atr_extended), true, &c));
	for (; times > 0 && e == ERR_OK; times--)
		e = card_send(c, cmd, &out, &sw, NULL);
	script_end(&f->script, &c);
	return e;
}

TEST(a_reader_that_cannot_carry_extended_lengths_gets_short_ones)
{
	static const struct script_line wide[] = { { "00ca00000000020102"
						     "0000",
	    "aa9000" } };
	static const struct script_line short_ones[] = { { "00ca000002010200",
							     "bb9000" },
		{ "00ca000002010200", "cc9000" } };
	struct failing first = { SCRIPT(short_ones), .fail_at = 0 };
	struct failing later = { SCRIPT(wide), .fail_at = 1 };
	struct failing secret = { { short_ones, 0, 0 }, .fail_at = 0 };
	struct apdu cmd = small;

	cmd.le = APDU_MAX_LE;
	EXPECT_OK(play_failing(&first, &cmd, 2));
	EXPECT_ERR(ERR_IO, play_failing(&later, &cmd, 2), "after a good one");
	cmd.secret = true;
	EXPECT_ERR(ERR_IO, play_failing(&secret, &cmd, 1), "a secret");
	assert_int_equal(secret.sent, 1);
}

TEST(a_secret_command_is_sent_once_whatever_the_card_says)
{
	static const char *const answers[] = { "6c08", "6700", "6a86", "6f00" };

	for (size_t i = 0; i < nitems(answers); i++) {
		struct script_line lines[] = { { "00ca000002010200",
		    answers[i] } };
		struct script s = SCRIPT(lines);
		struct apdu cmd = small;
		CLEANUP(buf_done) struct buf out = BUF_INIT(64);
		uint16_t sw;

		cmd.secret = true;
		EXPECT_OK(play(&s, true, &cmd, &out, &sw));
		assert_int_not_equal(sw, 0x9000);
	}
}

/* A card that never comes to an end. */
static err_t
endless(void *ctx, struct span cmd UNUSED, uint64_t deadline UNUSED,
    struct buf *answer)
{
	unsigned int *calls = ctx;

	(*calls)++;
	buf_put_u8(answer, 0xee);
	buf_put_u16(answer, 0x6101);
	return buf_status(answer);
}

TEST(an_endless_answer_is_cut_off)
{
	static const struct card_link_ops ops = { .transmit = endless };
	unsigned int calls = 0;
	struct card_link link = { &ops, &calls };
	CLEANUP(buf_done) struct buf out = BUF_INIT(CARD_ANSWER_MAX);
	struct card *c;
	uint16_t sw;

	EXPECT_OK(card_new(link, SPAN_NONE, true, &c));
	EXPECT_ERR(ERR_LIMIT, card_send(c, &small, &out, &sw, NULL), "endless");
	assert_int_equal(calls, CARD_ROUNDS_MAX + 1);
	card_free(&c);
}

TEST(an_answer_over_the_callers_cap_is_an_error)
{
	static const struct script_line lines[] = {
		{ "00ca000002010200", "aabbccdd9000" },
	};
	struct script s = SCRIPT(lines);
	CLEANUP(buf_done) struct buf out = BUF_INIT(3);
	uint16_t sw;

	EXPECT_ERR(
	    ERR_LIMIT, play(&s, false, &small, &out, &sw), "four in three");
}

TEST(an_answer_without_status_word_is_an_error)
{
	static const struct script_line lines[] = {
		{ "00ca000002010200", "90" },
	};
	struct script s = SCRIPT(lines);
	CLEANUP(buf_done) struct buf out = BUF_INIT(3);
	uint16_t sw;

	EXPECT_ERR(ERR_SHORT, play(&s, false, &small, &out, &sw), "one byte");
}

TEST(a_deadline_that_has_passed_sends_nothing)
{
	struct script s = { 0 };
	struct card *c = script_card(&s, false);
	uint16_t sw;

	card_deadline(c, 0);
	EXPECT_ERR(
	    ERR_TIMEOUT, card_send(c, &small, NULL, &sw, NULL), "passed");
	script_end(&s, &c);
}

static bool speaks_t1;

static bool
says_t1(void *ctx UNUSED)
{
	return speaks_t1;
}

static err_t
grant(void *ctx UNUSED, unsigned int flags UNUSED, uint64_t deadline UNUSED,
    enum card_touched *touched)
{
	*touched = CARD_WAS_RESET;
	return ERR_OK;
}

/* Another program has reset the card, and speaks T=0 with it. */
TEST(after_each_hold_commands_fit_what_is_spoken_then)
{
	static const struct card_link_ops ops = {
		.hold = grant, .transmit = script_transmit, .t1 = says_t1
	};
	static const struct script_line lines[] = {
		{ "00ca000002010200", "9000" },
		{ "00ca0000020102", "9000" },
		{ "00ca000002010200", "9000" },
	};
	struct script s = SCRIPT(lines);
	struct card_link link = { &ops, &s };
	enum card_touched touched;
	struct card *c;
	uint16_t sw;

	EXPECT_OK(card_new(link, SPAN_OF(script_atr_extended), true, &c));
	for (size_t i = 0; i < nitems(lines); i++) {
		speaks_t1 = i != 1;
		EXPECT_OK(card_hold(c, 0, &touched));
		assert_true(card_extended(c) == speaks_t1);
		EXPECT_OK(card_send(c, &small, NULL, &sw, NULL));
	}
	script_end(&s, &c);
}

TEST_MAIN("card/card")
