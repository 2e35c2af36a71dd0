/* SPDX-License-Identifier: BSD-2-Clause */
/* Command chaining, GET RESPONSE, extended length, counts, misbehaviour. */
#include <stdio.h>
#include <stdlib.h>

#include "vcard/testcard.h"

#define GET_CHUID "00cb3fff055c035fc10200"
#define TAG_LONG 0x5fc105

static const uint8_t long_value[600] = { 0x70, 0x82, 0x02, 0x54, 7, 7, 7 };

/* 600 bytes in 5FC105: the answer has 604. */
static struct vcard *
card_with_long_object(unsigned int flags)
{
	const struct vcard_profile p = { .flags = flags };
	struct vcard *c = card_on(&p);

	assert_int_equal(
	    vcard_put_object(c, TAG_LONG, SPAN_OF(long_value)), ERR_OK);
	return c;
}

TEST(a_long_answer_comes_in_pieces)
{
	CLEANUP(vcard_free) struct vcard *c = card_with_long_object(0);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	CLEANUP(buf_done) struct buf all = BUF_INIT(APDU_MAX_RESPONSE);

	assert_int_equal(send_hex(c, "00cb3fff055c035fc10500", &r), 0x6100);
	assert_int_equal(r.n, 256);
	buf_put(&all, buf_span(&r));
	assert_int_equal(send_hex(c, "00c0000000", &r), 0x615c);
	buf_put(&all, buf_span(&r));
	assert_int_equal(send_hex(c, "00c0000010", &r), 0x614c);
	assert_int_equal(r.n, 16);
	buf_put(&all, buf_span(&r));
	assert_int_equal(send_hex(c, "00c0000000", &r), SW_OK);
	buf_put(&all, buf_span(&r));
	assert_int_equal(all.n, 604);
	assert_memory_equal(all.p + 4, long_value, sizeof(long_value));
	EXPECT_SW(SW_CONDITIONS, c, "00c0000000", "nothing is left");
}

TEST(another_command_forgets_what_was_left)
{
	CLEANUP(vcard_free) struct vcard *c = card_with_long_object(0);

	EXPECT_SW(0x6100, c, "00cb3fff055c035fc10500", "first piece");
	EXPECT_SW(SW_OK, c, GET_CHUID, "another");
	EXPECT_SW(SW_CONDITIONS, c, "00c0000000", "no old bytes");
	EXPECT_SW(0x6100, c, "00cb3fff055c035fc10500", "first piece");
	vcard_reset(c);
	EXPECT_SW(SW_CONDITIONS, c, "00c0000000", "nor after a reset");
}

TEST(with_extended_length_an_answer_comes_whole)
{
	CLEANUP(vcard_free)
	struct vcard *c = card_with_long_object(VCARD_EXTENDED);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);

	assert_int_equal(
	    send_hex(c, "00cb3fff0000055c035fc1050000", &r), SW_OK);
	assert_int_equal(r.n, 604);
	/* Le of 512 leaves 92 */
	assert_int_equal(
	    send_hex(c, "00cb3fff0000055c035fc1050200", &r), 0x615c);
	assert_int_equal(r.n, 512);
}

TEST(a_chain_is_one_command)
{
	static const struct {
		const char *why, *first, *second;
		unsigned int first_sw, second_sw;
	} rows[] = {
		{ "in two", "10cb3fff025c03", "00cb3fff035fc10200", SW_OK,
		    SW_OK },
		{ "the last one empty", "10cb3fff055c035fc102", "00cb3fff00",
		    SW_OK, SW_OK },
		{ "cut short", "10cb3fff025c03", "00cb3fff025fc100", SW_OK,
		    SW_DATA },
		{ "another P1", "10cb3fff025c03", "00cb3eff035fc10200", SW_OK,
		    SW_P1P2 },
		{ "another command forgets it", "10db3fff025c03", GET_CHUID,
		    SW_OK, SW_OK },
		{ "a PIN in two", "10200080023132", "0020008006333435 36ffff",
		    SW_OK, SW_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

		EXPECT_SW(rows[i].first_sw, c, rows[i].first, rows[i].why);
		EXPECT_SW(rows[i].second_sw, c, rows[i].second, rows[i].why);
	}
}

TEST(a_chain_has_an_end)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	char piece[2 * 255 + 11] = "10db3fffff";
	unsigned int n = 0, sw;

	memset(piece + 10, '0', sizeof(piece) - 11);
	do
		sw = send_sw(c, piece);
	while (sw == SW_OK && ++n < 1000);
	assert_int_equal(sw, SW_LENGTH);
	assert_in_range(n, 80, 120); /* 24 KiB */
	EXPECT_SW(SW_OK, c, GET_CHUID, "alive");
}

TEST(a_pin_for_9c_does_not_outlive_a_chain_of_another_command)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	/* 7C 24 82 00 81 20 digest */
	static const char sign[] =
	    "0087119c267c24820081200102030405060708010203040506070801020304"
	    "050607080102030405060708";

	assert_int_equal(vcard_generate(c, 0x9c, VCARD_P256), ERR_OK);
	EXPECT_SW(SW_OK, c, PIN_OK, "PIN");
	EXPECT_SW(SW_OK, c, "10cb3fff025c03", "a piece of GET DATA");
	EXPECT_SW(SW_SECURITY, c, sign, "no longer the next command");
	EXPECT_SW(SW_OK, c, PIN_OK, "PIN");
	EXPECT_SW(SW_OK, c, "1087119c047c248200", "a piece of the signature");
	EXPECT_SW(SW_OK, c,
	    "0087119c2281200102030405060708010203040506070801020304050607080102"
	    "030405060708",
	    "the rest of it is the same command");
}

TEST(commands_are_counted)
{
	CLEANUP(vcard_free) struct vcard *c = card_with_long_object(0);
	const struct vcard_counts *n = vcard_counts(c);

	vcard_counts_clear(c);
	(void)send_sw(c, "00cb3fff055c035fc10500");
	(void)send_sw(c, "00c0000000");
	(void)send_sw(c, "00c0000000");
	(void)send_sw(c, PIN_BAD);
	assert_int_equal(n->total, 4);
	assert_int_equal(n->by_ins[0xcb], 1);
	assert_int_equal(n->by_ins[0xc0], 2);
	assert_int_equal(n->by_ins[0x20], 1);
	assert_int_equal(n->bytes_in, 11 + 5 + 5 + 13);
	assert_int_equal(n->bytes_out, 604 + 4 * 2);
}

static void
keep_line(const char *line, void *ctx)
{
	buf_put(ctx, span_str(line));
}

TEST(the_trace_shows_no_secret)
{
	static const char *const secrets[] = { PIN_OK, PIN_BAD,
		"0024008010313233343536ffff363534333231ffff",
		"002c0080103132333435363738363534333231ffff",
		"00ffffff0b039b08a1a2a3a4a5a6a7a8",
		"10a4040008313233343536ffff" };
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	CLEANUP(buf_done) struct buf text = BUF_INIT(65536);

	vcard_on_trace(c, keep_line, &text);
	for (size_t i = 0; i < nitems(secrets); i++)
		(void)send_sw(c, secrets[i]);
	(void)send_sw(c, GET_CHUID);
	buf_put_u8(&text, 0);
	assert_null(strstr((char *)text.p, "3132"));
	assert_null(strstr((char *)text.p, "3030"));
	assert_null(strstr((char *)text.p, "A1A2"));
	assert_non_null(strstr((char *)text.p, "5C035FC102"));
}

TEST(every_misbehaviour_can_be_had)
{
	static const struct {
		const char *rule, *hex;
		unsigned int sw; /* 0: power is lost */
		int n; /* bytes of the answer */
	} rows[] = {
		{ "power-loss", GET_CHUID, 0, 0 },
		{ "power-loss at=2", GET_CHUID, SW_OK, -1 },
		{ "power-loss at=1", GET_CHUID, 0, 0 },
		{ "answer-loss ins=cb", GET_CHUID, 0, 0 },
		{ "answer-loss ins=20", GET_CHUID, SW_OK, -1 },
		{ "delay=1", GET_CHUID, SW_OK, -1 },
		{ "sw=6f00", GET_CHUID, 0x6f00, 0 },
		{ "sw=6f00 times=1", GET_CHUID, 0x6f00, 0 },
		{ "sw-keep=6282", GET_CHUID, 0x6282, -1 },
		{ "cut=1", GET_CHUID, SW_OK, 60 },
		{ "cut=1000", GET_CHUID, SW_OK, 0 },
		{ "pad=3", GET_CHUID, SW_OK, 64 },
		{ "garbage=10", GET_CHUID, SW_OK, 10 },
		{ "oversize=200", GET_CHUID, SW_OK, 203 },
		{ "oversize=60000 tag=5fc102", GET_CHUID, 0x6100, 256 },
		{ "oversize=200 tag=5fc107", GET_CHUID, SW_OK, 61 },
		{ "data=5300", GET_CHUID, SW_OK, 2 },
		{ "length=127", GET_CHUID, SW_OK, 61 },
		{ "raw=90", GET_CHUID, 1, 0 },
		{ "raw=0102036283", GET_CHUID, 0x6283, 3 },
		{ "no-clear", "0020ff80", SW_P1P2, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
		CLEANUP(buf_done) struct buf cmd = BUF_INIT(64);
		CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
		unsigned int sw;

		vcard_counts_clear(c);
		EXPECT_OK(vcard_misbehave(c, rows[i].rule, NULL));
		if (rows[i].sw == 1) { /* no status word at all */
			EXPECT_OK(hex_decode(span_str(rows[i].hex), &cmd));
			EXPECT_OK(vcard_transmit(c, buf_span(&cmd), &r));
			assert_int_equal(r.n, 1);
			continue;
		}
		sw = send_hex(c, rows[i].hex, &r);
		if (sw != rows[i].sw ||
		    (rows[i].n >= 0 && r.n != (size_t)rows[i].n))
			fail_msg("%s: wanted %04x and %d bytes, got %04x, %zu",
			    rows[i].rule, rows[i].sw, rows[i].n, sw, r.n);
		assert_int_equal(vcard_powered(c), rows[i].sw != 0);
	}
}

TEST(a_rule_ends_when_it_has_been_used_up)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	EXPECT_OK(vcard_misbehave(c, "sw=6f00 times=2", NULL));
	EXPECT_SW(0x6f00, c, GET_CHUID, "first");
	EXPECT_SW(0x6f00, c, GET_CHUID, "second");
	EXPECT_SW(SW_OK, c, GET_CHUID, "third");
	EXPECT_OK(vcard_misbehave(c, "sw=6f00", NULL));
	EXPECT_OK(vcard_misbehave(c, "off", NULL));
	EXPECT_SW(SW_OK, c, GET_CHUID, "off");
}

TEST(what_is_no_rule_is_refused_by_name)
{
	static const char *const rows[] = { "", "nonsense", "delay",
		"delay=", "delay=x", "delay=-1", "delay=99999999", "sw=9",
		"power-loss=1", "delay=1 at", "delay=1 at=", "delay=1 ins=100",
		"atr=", "delay=1 where=2" };

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
		struct why why = { 0 };

		if (vcard_misbehave(c, rows[i], &why) == ERR_OK)
			fail_msg("\"%s\" was taken", rows[i]);
		assert_non_null(strstr(why.text, rows[i]));
	}
}

TEST(the_answer_to_reset_is_well_formed_and_can_be_another)
{
	static const struct vcard_profile ext = { .flags = VCARD_EXTENDED };
	CLEANUP(vcard_free) struct vcard *a = card_on(NULL);
	CLEANUP(vcard_free) struct vcard *b = card_on(&ext);
	struct atr atr;

	EXPECT_OK(atr_parse(vcard_atr(a), &atr));
	assert_int_equal(atr.protocols, ATR_T0 | ATR_T1);
	EXPECT_OK(atr_parse(vcard_atr(b), &atr));
	assert_int_equal(atr.historical.p[4], 0xc0); /* chaining, extended */
	EXPECT_OK(vcard_misbehave(a, "atr=3b00", NULL));
	EXPECT_SPAN(vcard_atr(a), "\x3b\x00");
}

TEST(over_t0_an_answer_is_fetched_and_le_corrected)
{
	CLEANUP(vcard_free) struct vcard *c = card_with_long_object(0);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	struct atr atr;

	c->flags |= VCARD_T0;
	EXPECT_OK(atr_parse(vcard_atr(c), &atr));
	assert_int_equal(atr.protocols, ATR_T0);
	EXPECT_SW(SW_LENGTH, c, "00cb3fff055c035fc10500", "data both ways");
	assert_int_equal(send_hex(c, "00cb3fff055c035fc105", &r), 0x6100);
	assert_int_equal(r.n, 0);
	assert_int_equal(send_hex(c, "00c0000000", &r), 0x6100);
	assert_int_equal(r.n, 256);
	assert_int_equal(send_hex(c, "00c0000000", &r), 0x615c);
	assert_int_equal(send_hex(c, "00c0000000", &r), 0x6c5c);
	assert_int_equal(r.n, 0);
	assert_int_equal(send_hex(c, "00c000005c", &r), SW_OK);
	assert_int_equal(r.n, 92);
	EXPECT_SW(SW_CONDITIONS, c, "00c0000000", "nothing is left");
}

TEST(t0_and_extended_length_do_not_go_together)
{
	const struct vcard_profile p = { .flags = VCARD_T0 | VCARD_EXTENDED };
	CLEANUP(vcard_free) struct vcard *c = NULL;

	assert_int_equal(vcard_new(&p, &c), ERR_FORMAT);
}

TEST(without_power_there_is_no_answer)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	vcard_power(c, false);
	assert_int_equal(send_sw(c, SELECT_PIV), 0);
	vcard_power(c, true);
	EXPECT_SW(SW_INS, c, GET_CHUID, "nothing is selected");
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
}

TEST_MAIN("vcard/chain")
