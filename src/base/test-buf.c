/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include "fault.h"
#include "test.h"

static const uint8_t zeros[256];

/* Bytes [from, to) of the buffer's memory hold nothing any more. */
static bool
wiped(const struct buf *b, size_t from, size_t to)
{
	assert_true(from >= b->n && to <= b->cap);
	return memcmp(b->p + from, zeros, to - from) == 0;
}

TEST(buf_writes_big_endian)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);

	buf_put_u8(&b, 0x01);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0x04050607);
	buf_put_u64(&b, 0x08090a0b0c0d0e0f);
	EXPECT_OK(buf_status(&b));
	EXPECT_SPAN(buf_span(&b),
	    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f");
}

TEST(buf_holds_exactly_its_maximum)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100);

	buf_put(&b, span_from(zeros, 99));
	buf_put_u8(&b, 1);
	EXPECT_OK(buf_status(&b));
	buf_put_u8(&b, 2);
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "byte 101");
	assert_int_equal(b.n, 100);
	assert_true(b.cap <= 100);
}

TEST(buf_failure_sticks_until_reset)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4);

	buf_put_u64(&b, 1);
	buf_put_u8(&b, 1);
	assert_int_equal(b.n, 0);
	assert_null(buf_grow(&b, 1));
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "sticky");
	buf_reset(&b);
	buf_put_u32(&b, 7);
	EXPECT_OK(buf_status(&b));
}

TEST(buf_length_that_overflows_is_refused)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(SIZE_MAX);

	buf_put_u8(&b, 1);
	assert_null(buf_grow(&b, SIZE_MAX));
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "n + SIZE_MAX");
	assert_int_equal(b.n, 1);
}

TEST(buf_grown_bytes_are_zero_also_where_others_were)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
	uint8_t *at;

	buf_put(&b, span_str("a secret that was here before"));
	buf_reset(&b);
	assert_true(wiped(&b, 0, 29));
	at = buf_grow(&b, 200);
	assert_non_null(at);
	assert_memory_equal(at, zeros, 200);
}

TEST(buf_room_is_zero_and_counts_only_when_it_was_written)
{
	struct buf b = BUF_INIT(200);
	uint8_t *at;

	buf_put(&b, span_str("ab"));
	at = buf_room(&b, 198);
	assert_non_null(at);
	assert_int_equal(b.n, 2);
	for (size_t i = 0; i < 198; i++)
		assert_int_equal(at[i], 0);
	memcpy(at, "cd", 2);
	buf_wrote(&b, 2);
	assert_true(span_eq(buf_span(&b), span_str("abcd")));
	buf_wrote(&b, 197); /* more than there is room for */
	assert_int_equal(b.n, 4);
	assert_null(buf_room(&b, 197));
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "over the cap");
	buf_wrote(&b, 1);
	assert_int_equal(b.n, 4);
	buf_done(&b);
	assert_null(buf_room(&b, 0));
}

TEST(buf_trim_wipes_what_it_cuts)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);

	buf_put(&b, span_str("12345678"));
	buf_trim(&b, 9);
	assert_int_equal(b.n, 8);
	buf_trim(&b, 3);
	EXPECT_SPAN(buf_span(&b), "123");
	assert_true(wiped(&b, 3, 8));
}

TEST(buf_drop_moves_and_wipes)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);

	buf_put(&b, span_str("12345678"));
	buf_drop(&b, 5);
	EXPECT_SPAN(buf_span(&b), "678");
	assert_true(wiped(&b, 3, 8));
	buf_drop(&b, 4);
	EXPECT_SPAN(buf_span(&b), "678");
	buf_drop(&b, 3);
	assert_int_equal(b.n, 0);
	assert_true(wiped(&b, 0, 8));
}

TEST(buf_inserts_at_the_front_the_middle_and_the_end)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);

	buf_put(&b, span_str("bd"));
	buf_insert(&b, 1, span_str("c"));
	buf_insert(&b, 0, span_str("a"));
	buf_insert(&b, 4, span_str("e"));
	buf_insert(&b, 6, span_str("never: behind the end"));
	EXPECT_SPAN(buf_span(&b), "abcde");
	buf_insert(&b, 2, span_from(zeros, 200)); /* has to grow */
	EXPECT_OK(buf_status(&b));
	assert_int_equal(b.n, 205);
	assert_memory_equal(b.p, "ab\0", 3);
	assert_memory_equal(b.p + 202, "cde", 3);
}

TEST(buf_is_usable_again_after_done)
{
	struct buf b = BUF_INIT(8);

	buf_put_u64(&b, 1);
	buf_done(&b);
	assert_null(b.p);
	buf_put_u64(&b, 2);
	EXPECT_OK(buf_status(&b));
	buf_done(&b);
	buf_done(&b);
}

static err_t
use(void *ctx)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);

	(void)ctx;
	for (int i = 0; i < 300; i++)
		buf_put_u64(&b, 1);
	buf_insert(&b, 7, span_from(zeros, 256));
	buf_put(&b, span_from(zeros, 256));
	return buf_status(&b);
}

TEST(buf_survives_any_failed_allocation)
{
	assert_true(fault_each(use, NULL) >= 5);
}

TEST_MAIN("base/buf")
