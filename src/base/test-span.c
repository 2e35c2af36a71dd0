/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include "test.h"

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09 };

TEST(span_takes_from_the_front_and_moves)
{
	struct span in = SPAN_OF(bytes), out;

	EXPECT_OK(span_take(&in, 2, &out));
	EXPECT_SPAN(out, "\x01\x02");
	EXPECT_OK(span_take(&in, 7, &out));
	assert_int_equal(out.n, 7);
	EXPECT_OK(span_end(in));
}

TEST(span_take_of_too_much_changes_nothing)
{
	struct span in = SPAN_OF(bytes), out = SPAN_NONE;

	EXPECT_ERR(ERR_SHORT, span_take(&in, 10, &out), "one too many");
	EXPECT_ERR(ERR_SHORT, span_take(&in, SIZE_MAX, &out), "the most");
	assert_int_equal(in.n, sizeof(bytes));
	assert_ptr_equal(in.p, bytes);
	assert_null(out.p);
}

TEST(span_take_of_nothing_from_nothing_is_fine)
{
	struct span in = SPAN_NONE, out = SPAN_OF(bytes);

	EXPECT_OK(span_take(&in, 0, &out));
	assert_int_equal(out.n, 0);
	EXPECT_OK(span_end(in));
}

TEST(span_integers_are_big_endian)
{
	struct span in = SPAN_OF(bytes);
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;

	EXPECT_OK(span_u8(&in, &a));
	assert_int_equal(a, 0x01);
	EXPECT_OK(span_u16(&in, &b));
	assert_int_equal(b, 0x0203);
	EXPECT_OK(span_u32(&in, &c));
	assert_int_equal(c, 0x04050607);
	assert_int_equal(in.n, 2);
	in = (struct span){ bytes, 8 };
	EXPECT_OK(span_u64(&in, &d));
	assert_true(d == 0x0102030405060708);
}

TEST(span_integers_one_byte_short_change_nothing)
{
	uint8_t a = 0xaa;
	uint16_t b = 0xaaaa;
	uint32_t c = 0xaaaaaaaa;
	uint64_t d = 0xaa;

	for (size_t n = 0; n < 8; n++) {
		struct span in = { bytes, n };

		if (n < 1)
			EXPECT_ERR(ERR_SHORT, span_u8(&in, &a), "u8");
		if (n < 2)
			EXPECT_ERR(ERR_SHORT, span_u16(&in, &b), "u16");
		if (n < 4)
			EXPECT_ERR(ERR_SHORT, span_u32(&in, &c), "u32");
		EXPECT_ERR(ERR_SHORT, span_u64(&in, &d), "u64");
		assert_int_equal(in.n, n);
		assert_ptr_equal(in.p, bytes);
	}
	assert_true(a == 0xaa && b == 0xaaaa && c == 0xaaaaaaaa && d == 0xaa);
}

TEST(span_end_refuses_what_is_left)
{
	EXPECT_ERR(ERR_FORMAT, span_end(span_str("x")), "one byte");
	EXPECT_OK(span_end(SPAN_NONE));
}

TEST(span_eq_looks_at_every_byte)
{
	uint8_t other[sizeof(bytes)];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		memcpy(other, bytes, sizeof(bytes));
		assert_true(span_eq(SPAN_OF(bytes), SPAN_OF(other)));
		other[i] ^= 0x80;
		assert_false(span_eq(SPAN_OF(bytes), SPAN_OF(other)));
	}
	assert_false(span_eq(SPAN_OF(bytes), span_first(SPAN_OF(bytes), 8)));
	assert_true(span_eq(SPAN_NONE, span_str("")));
}

TEST(span_first_never_grows)
{
	assert_int_equal(span_first(SPAN_OF(bytes), 100).n, sizeof(bytes));
	assert_int_equal(span_first(SPAN_OF(bytes), 0).n, 0);
	assert_int_equal(span_first(SPAN_NONE, 5).n, 0);
}

TEST_MAIN("base/span")
