/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/tlv.h"

#include "codec/hex.h"
#include "fault.h"
#include "test.h"

static err_t
next_of(const char *hex, uint32_t *tag, size_t *n, size_t *left)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);
	struct span in, val = SPAN_NONE;
	err_t e;

	EXPECT_OK(hex_decode(span_str(hex), &b));
	in = buf_span(&b);
	e = tlv_next(&in, tag, &val);
	*n = val.n;
	*left = in.n;
	return e;
}

TEST(tlv_next_takes_exactly_one_item)
{
	static const struct {
		const char *why, *hex;
		err_t want;
		uint32_t tag;
		size_t n, left;
	} rows[] = {
		{ "one byte tag", "53 02 aabb", ERR_OK, 0x53, 2, 0 },
		{ "empty value", "53 00", ERR_OK, 0x53, 0, 0 },
		{ "two byte tag", "5f2f 01 40", ERR_OK, 0x5f2f, 1, 0 },
		{ "three byte tag", "5fc102 01 40", ERR_OK, 0x5fc102, 1, 0 },
		{ "next item stays", "53 01 aa 54 00", ERR_OK, 0x53, 1, 2 },
		{ "length 81", "53 81 01 aa", ERR_OK, 0x53, 1, 0 },
		{ "length 82", "53 82 0001 aa", ERR_OK, 0x53, 1, 0 },
		{ "length 83", "53 83 000001 aa", ERR_OK, 0x53, 1, 0 },
		{ "nothing", "", ERR_SHORT, 0, 0, 0 },
		{ "tag alone", "53", ERR_SHORT, 0, 0, 1 },
		{ "tag cut off", "5f", ERR_SHORT, 0, 0, 1 },
		{ "long tag cut off", "5fc1", ERR_SHORT, 0, 0, 2 },
		{ "four byte tag", "5fc1c101 00", ERR_FORMAT, 0, 0, 5 },
		{ "value one short", "53 03 aabb", ERR_SHORT, 0, 0, 4 },
		{ "81 cut off", "53 81", ERR_SHORT, 0, 0, 2 },
		{ "82 cut off", "53 82 00", ERR_SHORT, 0, 0, 3 },
		{ "83 cut off", "53 83 0000", ERR_SHORT, 0, 0, 4 },
		{ "16 MiB in five", "53 83 ffffff", ERR_SHORT, 0, 0, 5 },
		{ "indefinite", "53 80 aa 0000", ERR_FORMAT, 0, 0, 5 },
		{ "length 84", "53 84 00000001 aa", ERR_FORMAT, 0, 0, 7 },
		{ "length ff", "53 ff aa", ERR_FORMAT, 0, 0, 3 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		uint32_t tag = 0;
		size_t n, left;

		EXPECT_ERR(rows[i].want, next_of(rows[i].hex, &tag, &n, &left),
		    rows[i].why);
		if (tag != rows[i].tag || n != rows[i].n ||
		    left != rows[i].left)
			fail_msg("%s: tag %x, %zu bytes, %zu left", rows[i].why,
			    tag, n, left);
	}
}

TEST(tlv_want_insists_on_the_tag)
{
	static const uint8_t bytes[] = { 0x53, 0x01, 0xaa, 0x54, 0x00 };
	struct span in = SPAN_OF(bytes), v = SPAN_NONE;

	EXPECT_ERR(ERR_FORMAT, tlv_want(&in, 0x54, &v), "another comes first");
	assert_int_equal(in.n, 5);
	assert_null(v.p);
	EXPECT_OK(tlv_want(&in, 0x53, &v));
	EXPECT_SPAN(v, "\xaa");
	EXPECT_OK(tlv_want(&in, 0x54, &v));
	EXPECT_OK(span_end(in));
	EXPECT_ERR(ERR_SHORT, tlv_want(&in, 0x54, &v), "nothing left");
}

TEST(tlv_find_looks_at_the_top_level_only)
{
	static const uint8_t bytes[] = { 0x70, 0x03, 0x71, 0x01, 0x00, 0x72,
		0x01, 0xbb, 0x72, 0x01, 0xcc };
	static const uint8_t broken[] = { 0x70, 0x00, 0x71, 0x09, 0x72, 0x00 };
	struct span v;

	EXPECT_OK(tlv_find(SPAN_OF(bytes), 0x72, &v));
	EXPECT_SPAN(v, "\xbb"); /* the first */
	EXPECT_ERR(ERR_ABSENT, tlv_find(SPAN_OF(bytes), 0x71, &v), "nested");
	EXPECT_ERR(ERR_ABSENT, tlv_find(SPAN_NONE, 0x71, &v), "empty");
	EXPECT_ERR(ERR_SHORT, tlv_find(SPAN_OF(broken), 0x72, &v), "broken");
	EXPECT_OK(tlv_find(SPAN_OF(broken), 0x70, &v));
}

TEST(tlv_writes_the_shortest_length)
{
	static const struct {
		size_t n;
		const char *head;
		size_t head_n;
	} rows[] = {
		{ 0, "\x53\x00", 2 },
		{ 127, "\x53\x7f", 2 },
		{ 128, "\x53\x81\x80", 3 },
		{ 255, "\x53\x81\xff", 3 },
		{ 256, "\x53\x82\x01\x00", 4 },
		{ 65535, "\x53\x82\xff\xff", 4 },
		{ 65536, "\x53\x83\x01\x00\x00", 5 },
	};
	static uint8_t value[65536];

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf a = BUF_INIT(70000);
		CLEANUP(buf_done) struct buf b = BUF_INIT(70000);
		size_t mark;

		tlv_put(&a, 0x53, span_from(value, rows[i].n));
		mark = tlv_open(&b, 0x53);
		buf_put(&b, span_from(value, rows[i].n));
		tlv_close(&b, mark);
		EXPECT_OK(buf_status(&a));
		assert_int_equal(a.n, rows[i].head_n + rows[i].n);
		assert_memory_equal(a.p, rows[i].head, rows[i].head_n);
		assert_true(span_eq(buf_span(&a), buf_span(&b)));
	}
}

TEST(tlv_open_and_close_nest)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);
	size_t outer = tlv_open(&b, 0x7c), inner;

	tlv_put(&b, 0x82, SPAN_NONE);
	inner = tlv_open(&b, 0x5fc102);
	buf_put_u16(&b, 0x0102);
	tlv_close(&b, inner);
	tlv_close(&b, outer);
	EXPECT_OK(buf_status(&b));
	EXPECT_SPAN(buf_span(&b), "\x7c\x08\x82\x00\x5f\xc1\x02\x02\x01\x02");
}

TEST(tlv_close_after_a_failure_does_nothing)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4);
	size_t mark = tlv_open(&b, 0x7c);

	buf_put(&b, span_str("too long"));
	tlv_close(&b, mark);
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "sticky");
}

TEST(tlv_once_keeps_the_first_even_if_it_is_empty)
{
	struct span in = span_from("\x81\0\x81\x01z", 5);
	struct span field = SPAN_NONE, val;

	EXPECT_OK(tlv_want(&in, 0x81, &val));
	EXPECT_OK(tlv_once(val, &field));
	assert_int_equal(field.n, 0);
	EXPECT_OK(tlv_want(&in, 0x81, &val));
	EXPECT_ERR(ERR_FORMAT, tlv_once(val, &field), "twice");
	assert_int_equal(field.n, 0);
}

static err_t
use(void *ctx)
{
	static const uint8_t value[300] = { 0 };
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	size_t outer = tlv_open(&b, 0x7c), inner = tlv_open(&b, 0x81);

	(void)ctx;
	buf_put(&b, SPAN_OF(value));
	tlv_close(&b, inner);
	tlv_put(&b, 0x82, SPAN_OF(value));
	tlv_close(&b, outer);
	return buf_status(&b);
}

TEST(tlv_survives_any_failed_allocation)
{
	assert_true(fault_each(use, NULL) >= 2);
}

TEST_MAIN("codec/tlv")
