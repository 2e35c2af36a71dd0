/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/apdu.h"

#include "codec/hex.h"
#include "test.h"

#define H "00 a4 04 00"

TEST(apdu_parse_knows_the_four_cases_short_and_extended)
{
	static const struct {
		const char *why, *hex;
		err_t want;
		size_t lc;
		uint32_t le;
		bool extended;
	} rows[] = {
		{ "1", H, ERR_OK, 0, 0, false },
		{ "2S", H "05", ERR_OK, 0, 5, false },
		{ "2S, 256", H "00", ERR_OK, 0, 256, false },
		{ "3S", H "02 aabb", ERR_OK, 2, 0, false },
		{ "4S", H "02 aabb 10", ERR_OK, 2, 16, false },
		{ "4S, 256", H "02 aabb 00", ERR_OK, 2, 256, false },
		{ "2E", H "00 0100", ERR_OK, 0, 256, true },
		{ "2E, 65536", H "00 0000", ERR_OK, 0, 65536, true },
		{ "3E", H "00 0002 aabb", ERR_OK, 2, 0, true },
		{ "4E", H "00 0002 aabb 0100", ERR_OK, 2, 256, true },
		{ "4E, 65536", H "00 0002 aabb 0000", ERR_OK, 2, 65536, true },
		{ "no header", "00 a4 04", ERR_SHORT, 0, 0, false },
		{ "nothing", "", ERR_SHORT, 0, 0, false },
		{ "3S one short", H "03 aabb", ERR_SHORT, 0, 0, false },
		{ "4S one long", H "02 aabb 0000", ERR_FORMAT, 0, 0, false },
		{ "3E cut in Lc", H "00 00", ERR_SHORT, 0, 0, false },
		{ "3E one short", H "00 0003 aabb", ERR_SHORT, 0, 0, false },
		{ "4E half Le", H "00 0002 aabb 00", ERR_FORMAT, 0, 0, false },
		{ "4E one long", H "00 0002 aabb 000000", ERR_FORMAT, 0, 0,
		    false },
		{ "Lc zero", H "00 0000 aabb", ERR_FORMAT, 0, 0, false },
		{ "Lc ffff", H "00 ffff aa", ERR_SHORT, 0, 0, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);
		struct apdu a = { .ins = 0x99 };

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &b));
		EXPECT_ERR(
		    rows[i].want, apdu_parse(buf_span(&b), &a), rows[i].why);
		if (rows[i].want != ERR_OK) {
			assert_int_equal(a.ins, 0x99); /* untouched */
			continue;
		}
		if (a.data.n != rows[i].lc || a.le != rows[i].le ||
		    a.extended != rows[i].extended || a.secret)
			fail_msg("%s: Lc %zu, Le %u", rows[i].why, a.data.n,
			    (unsigned int)a.le);
		assert_int_equal(
		    a.cla << 24 | a.ins << 16 | a.p1 << 8 | a.p2, 0x00a40400);
	}
}

TEST(apdu_builds_what_it_parses)
{
	static const char *const rows[] = { H, H "05", H "00", H "02 aabb",
		H "02 aabb 10", H "02 aabb 00", H "00 0100", H "00 0000",
		H "00 0002 aabb", H "00 0002 aabb 0100",
		H "00 0002 aabb 0000" };

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf in = BUF_INIT(64);
		CLEANUP(buf_done) struct buf out = BUF_INIT(64);
		struct apdu a;

		EXPECT_OK(hex_decode(span_str(rows[i]), &in));
		EXPECT_OK(apdu_parse(buf_span(&in), &a));
		EXPECT_OK(apdu_build(&a, &out));
		if (!span_eq(buf_span(&in), buf_span(&out)))
			fail_msg("%s", rows[i]);
	}
}

TEST(apdu_build_refuses_what_does_not_fit_the_form)
{
	static const uint8_t data[65536] = { 0 };
	static const struct {
		const char *why;
		size_t n;
		uint32_t le;
		bool extended;
		err_t want;
	} rows[] = {
		{ "short, the most", 255, 256, false, ERR_OK },
		{ "short, data", 256, 0, false, ERR_LIMIT },
		{ "short, Le", 0, 257, false, ERR_LIMIT },
		{ "extended, the most", 65535, 65536, true, ERR_OK },
		{ "extended, data", 65536, 0, true, ERR_LIMIT },
		{ "extended, Le", 0, 65537, true, ERR_LIMIT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf out = BUF_INIT(APDU_MAX_COMMAND);
		struct apdu a = { .data = span_from(data, rows[i].n),
			.le = rows[i].le,
			.extended = rows[i].extended };

		EXPECT_ERR(rows[i].want, apdu_build(&a, &out), rows[i].why);
		if (rows[i].want != ERR_OK)
			assert_int_equal(out.n, 0);
		else if (rows[i].extended)
			assert_int_equal(out.n, APDU_MAX_COMMAND);
	}
}

TEST(apdu_response_is_data_and_status_word)
{
	static const uint8_t raw[] = { 0xaa, 0xbb, 0x90, 0x00 };
	struct span data;
	uint16_t sw;

	EXPECT_OK(apdu_response(SPAN_OF(raw), &data, &sw));
	EXPECT_SPAN(data, "\xaa\xbb");
	assert_int_equal(sw, 0x9000);
	EXPECT_OK(apdu_response(span_from(raw + 2, 2), &data, &sw));
	assert_int_equal(data.n, 0);
	sw = 1;
	EXPECT_ERR(ERR_SHORT, apdu_response(span_from(raw, 1), &data, &sw),
	    "one byte");
	EXPECT_ERR(ERR_SHORT, apdu_response(SPAN_NONE, &data, &sw), "none");
	assert_int_equal(sw, 1);
}

TEST_MAIN("codec/apdu")
