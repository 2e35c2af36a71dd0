/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/atr.h"

#include "codec/hex.h"
#include "test.h"

static err_t
parse(const char *hex, struct atr *a)
{
	static struct buf b = { .max = 64 };

	buf_reset(&b);
	EXPECT_OK(hex_decode(span_str(hex), &b));
	return atr_parse(buf_span(&b), a);
}

TEST(atr_takes_what_the_standard_allows_and_no_more)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "the shortest", "3b 00", ERR_OK },
		{ "inverse convention", "3f 00", ERR_OK },
		{ "historical bytes", "3b 03 313233", ERR_OK },
		{ "15 historical bytes", "3b 0f 0102030405060708090a0b0c0d0e0f",
		    ERR_OK },
		{ "T=0 named, no TCK", "3b 80 00", ERR_OK },
		{ "T=1 and TCK", "3b 80 01 81", ERR_OK },
		{ "T=0 and T=15 and TCK", "3b 80 80 1f 05 1a", ERR_OK },
		{ "a PIV card",
		    "3bfd1300008131fe158073c021c057597562694b6579"
		    "40",
		    ERR_OK },
		{ "nothing", "", ERR_SHORT },
		{ "TS alone", "3b", ERR_SHORT },
		{ "TS neither", "3a 00", ERR_FORMAT },
		{ "TS zero", "00 00", ERR_FORMAT },
		{ "historical byte missing", "3b 03 3132", ERR_SHORT },
		{ "historical byte too many", "3b 03 31323334", ERR_FORMAT },
		{ "TA1 missing", "3b 10", ERR_SHORT },
		{ "TD1 missing", "3b 80", ERR_SHORT },
		{ "TCK missing", "3b 80 01", ERR_SHORT },
		{ "TCK wrong", "3b 80 01 80", ERR_FORMAT },
		{ "byte after TCK", "3b 80 01 81 00", ERR_FORMAT },
		{ "TD without end",
		    "3b 80 80808080808080808080808080808080"
		    "808080808080808080808080808080",
		    ERR_SHORT },
		{ "34 bytes",
		    "3b f0 00000000 0000000000000000000000000000"
		    "0000000000000000000000000000",
		    ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct atr a = { .t0_wi = 99 };

		EXPECT_ERR(rows[i].want, parse(rows[i].hex, &a), rows[i].why);
		if ((a.t0_wi == 99) != (rows[i].want != ERR_OK))
			fail_msg("%s: output", rows[i].why);
	}
}

TEST(atr_without_interface_bytes_has_the_defaults)
{
	struct atr a;

	EXPECT_OK(parse("3b 02 aabb", &a));
	assert_false(a.inverse);
	assert_int_equal(a.fi_di, 0x11);
	assert_int_equal(a.protocols, ATR_T0);
	assert_int_equal(a.t0_wi, 10);
	assert_int_equal(a.t1_ifsc, 32);
	assert_int_equal(a.t1_bwi_cwi, 0x4d);
	assert_false(a.specific);
	EXPECT_SPAN(a.historical, "\xaa\xbb");
}

/* TA1 96 TC1 18; TD1 81: T=1; TD2 71: T=1 with TA3 fe TB3 65 TC3 01. */
TEST(atr_interface_bytes_of_t1)
{
	struct atr a;

	EXPECT_OK(parse("3b d0 96 18 81 71 fe 65 01 34", &a));
	assert_int_equal(a.fi_di, 0x96);
	assert_int_equal(a.extra_guard, 0x18);
	assert_int_equal(a.protocols, ATR_T1);
	assert_int_equal(a.first_protocol, 1);
	assert_int_equal(a.t1_ifsc, 0xfe);
	assert_int_equal(a.t1_bwi_cwi, 0x65);
	assert_true(a.t1_crc);
}

/* TD1 d1: T=1, TA2 10: specific, T=0, implicit; TC2 0f; TD2 91: TA3 fe, TD3. */
TEST(atr_specific_mode_and_first_t1_group_only)
{
	struct atr a;

	EXPECT_OK(parse("3b 80 d1 10 0f 91 fe 11 20 10", &a));
	assert_true(a.specific);
	assert_true(a.specific_implicit);
	assert_int_equal(a.specific_t, 0);
	assert_int_equal(a.t0_wi, 0x0f);
	assert_int_equal(a.t1_ifsc, 0xfe); /* and not 20 of the later group */
}

TEST(atr_other_protocols_are_named)
{
	struct atr a;

	EXPECT_OK(parse("3b 80 80 0e 0e", &a));
	assert_int_equal(a.protocols, ATR_T0 | ATR_OTHER);
	assert_int_equal(a.first_protocol, 0);
}

/* Every strict prefix of a good ATR is short, never something else. */
TEST(atr_cut_anywhere_is_short)
{
	static const uint8_t good[] = { 0x3b, 0xd2, 0x96, 0x18, 0x81, 0x71,
		0xfe, 0x65, 0x01, 0x11, 0x22, 0x05 };
	struct atr a;

	EXPECT_OK(atr_parse(SPAN_OF(good), &a));
	for (size_t n = 0; n < sizeof(good); n++)
		EXPECT_ERR(
		    ERR_SHORT, atr_parse(span_from(good, n), &a), "a prefix");
}

TEST(atr_interface_bytes_do_not_mind_what_follows_them)
{
	static const struct {
		const char *why, *hex;
		err_t want;
		unsigned int protocols;
	} rows[] = {
		{ "as it should be", "3b800181", ERR_OK, ATR_T1 },
		{ "wrong TCK", "3b80018f", ERR_OK, ATR_T1 },
		{ "no TCK", "3b8001", ERR_OK, ATR_T1 },
		{ "TCK that is not due", "3b02abcd00", ERR_OK, ATR_T0 },
		{ "historical bytes missing", "3b0fab", ERR_OK, ATR_T0 },
		{ "TD1 missing", "3b80", ERR_SHORT, 0 },
		{ "TD2 missing", "3b8081", ERR_SHORT, 0 },
		{ "no T0", "3b", ERR_SHORT, 0 },
		{ "wrong TS", "ff800181", ERR_FORMAT, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf raw = BUF_INIT(64);
		struct atr a = { 0 };

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &raw));
		EXPECT_ERR(rows[i].want, atr_interface(buf_span(&raw), &a),
		    rows[i].why);
		if (a.protocols != rows[i].protocols)
			fail_msg("%s: protocols %u", rows[i].why, a.protocols);
	}
}

TEST_MAIN("codec/atr")
