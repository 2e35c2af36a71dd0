/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/hex.h"

#include "test.h"

TEST(hex_decodes_both_cases_and_separators)
{
	static const struct {
		const char *why, *in;
		err_t want;
		size_t n;
	} rows[] = {
		{ "nothing", "", ERR_OK, 0 },
		{ "upper", "00A4FF", ERR_OK, 3 },
		{ "lower", "00a4ff", ERR_OK, 3 },
		{ "colons", "00:a4:FF", ERR_OK, 3 },
		{ "blanks and lines", " 00\ta4\r\nff ", ERR_OK, 3 },
		{ "half a byte", "00a", ERR_SHORT, 0 },
		{ "half a byte in the middle", "0 0a", ERR_SHORT, 0 },
		{ "a letter that is none", "0g", ERR_FORMAT, 0 },
		{ "before 0", "0/", ERR_FORMAT, 0 },
		{ "after 9", "0:;", ERR_SHORT, 0 },
		{ "at sign", "@0", ERR_FORMAT, 0 },
		{ "prefix", "0x00", ERR_FORMAT, 0 },
		{ "not ASCII", "\xc3\xa4", ERR_FORMAT, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(16);

		EXPECT_ERR(rows[i].want, hex_decode(span_str(rows[i].in), &b),
		    rows[i].why);
		if (rows[i].want == ERR_OK && b.n != rows[i].n)
			fail_msg("%s: %zu bytes", rows[i].why, b.n);
		if (rows[i].n == 3)
			EXPECT_SPAN(buf_span(&b), "\x00\xa4\xff");
	}
}

TEST(hex_decode_stops_at_the_buffers_cap)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(2);

	EXPECT_ERR(ERR_LIMIT, hex_decode(span_str("010203"), &b), "3 for 2");
}

TEST(hex_encodes_every_byte)
{
	char upper[2 * 256 + 1], lower[2 * 256 + 1], want[8];
	uint8_t all[256];

	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_upper(SPAN_OF(all), upper);
	hex_lower(SPAN_OF(all), lower);
	assert_int_equal(strlen(upper), 512);
	for (unsigned int i = 0; i < 256; i++) {
		(void)snprintf(want, sizeof(want), "%02X", i);
		assert_memory_equal(upper + 2 * i, want, 2);
		(void)snprintf(want, sizeof(want), "%02x", i);
		assert_memory_equal(lower + 2 * i, want, 2);
	}
	hex_upper(SPAN_NONE, upper);
	assert_string_equal(upper, "");
}

TEST_MAIN("codec/hex")
