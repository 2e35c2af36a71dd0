/* SPDX-License-Identifier: BSD-2-Clause */
#include <zlib.h>

#include "card/piv/certobj.h"
#include "codec/tlv.h"
#include "test.h"

static err_t
parse(struct span in, size_t cap, struct buf *der)
{
	buf_init(der, cap);
	return piv_certobj_parse(in, der);
}

TEST(certobj_table)
{
	static const struct {
		const char *why, *in;
		size_t n;
		err_t want;
	} rows[] = {
#define ROW(why, text, want) { why, text, sizeof(text) - 1, want }
		ROW("plain", "\x53\x0a\x70\x03\x30\x01\x05\x71\x01\x00\xfe\x00",
		    ERR_OK),
		ROW("no FE", "\x53\x08\x70\x03\x30\x01\x05\x71\x01\x00",
		    ERR_OK),
		ROW("no CertInfo", "\x53\x05\x70\x03\x30\x01\x05", ERR_OK),
		ROW("empty object", "\x53\x00", ERR_ABSENT),
		ROW("empty certificate", "\x53\x02\x70\x00", ERR_ABSENT),
		ROW("certificate twice", "\x53\x06\x70\x01\x30\x70\x01\x30",
		    ERR_FORMAT),
		ROW("CertInfo twice",
		    "\x53\x09\x70\x01\x30\x71\x01\x00\x71\x01\x00", ERR_FORMAT),
		ROW("CertInfo of two bytes",
		    "\x53\x07\x70\x01\x30\x71\x02\x00\x00", ERR_FORMAT),
		ROW("unknown compression", "\x53\x06\x70\x01\x30\x71\x01\x02",
		    ERR_UNSUPPORTED),
		ROW("not gzip", "\x53\x06\x70\x01\x30\x71\x01\x01", ERR_FORMAT),
		ROW("another tag", "\x54\x03\x70\x01\x30", ERR_FORMAT),
		ROW("byte after it", "\x53\x03\x70\x01\x30\x00", ERR_FORMAT),
		ROW("certificate over its container", "\x53\x03\x70\x02\x30",
		    ERR_SHORT),
		ROW("object cut off", "\x53\x04\x70\x01\x30", ERR_SHORT),
		ROW("nothing", "", ERR_SHORT),
#undef ROW
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf der;

		EXPECT_ERR(rows[i].want,
		    parse(span_from(rows[i].in, rows[i].n), 64, &der),
		    rows[i].why);
	}
}

/* 53 { 70 gzip(data) + extra, 71 01 } of n bytes of one value. */
static void
compressed(struct buf *out, size_t n, const char *extra)
{
	static uint8_t plain[65536], packed[65536];
	z_stream z = { .next_in = plain,
		.avail_in = (uInt)n,
		.next_out = packed,
		.avail_out = sizeof(packed) };
	CLEANUP(buf_done) struct buf cert = BUF_INIT(65536);
	size_t mark;

	memset(plain, 0x5a, n);
	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_put(&cert, span_from(packed, z.total_out));
	assert_int_equal(deflateEnd(&z), Z_OK);
	buf_put(&cert, span_str(extra));
	mark = tlv_open(out, 0x53);
	tlv_put(out, 0x70, buf_span(&cert));
	tlv_put(out, 0x71, span_from("\x01", 1));
	tlv_close(out, mark);
	EXPECT_OK(buf_status(out));
}

TEST(gzip_is_undone)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(65536);
	CLEANUP(buf_done) struct buf der;

	compressed(&in, 3000, "");
	EXPECT_OK(parse(buf_span(&in), 16384, &der));
	assert_int_equal(der.n, 3000);
	assert_int_equal(der.p[2999], 0x5a);
}

TEST(a_small_object_cannot_unfold_into_a_large_one)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(65536);
	CLEANUP(buf_done) struct buf der;

	compressed(&in, 60000, "");
	assert_true(in.n < 300);
	EXPECT_ERR(ERR_LIMIT, parse(buf_span(&in), 16384, &der), "60000 bytes");
}

TEST(gzip_must_end_where_the_element_ends)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(65536);
	CLEANUP(buf_done) struct buf der;

	compressed(&in, 100, "x");
	EXPECT_ERR(ERR_FORMAT, parse(buf_span(&in), 16384, &der), "byte after");
}

TEST(gzip_cut_off_is_refused)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(65536);
	struct span obj, cert, s;

	compressed(&in, 3000, "");
	s = buf_span(&in);
	EXPECT_OK(tlv_want(&s, 0x53, &obj));
	EXPECT_OK(tlv_find(obj, 0x70, &cert));
	for (size_t n = 1; n < cert.n; n++) {
		CLEANUP(buf_done) struct buf cut = BUF_INIT(65536);
		CLEANUP(buf_done) struct buf der;
		size_t mark = tlv_open(&cut, 0x53);

		tlv_put(&cut, 0x70, span_first(cert, n));
		tlv_put(&cut, 0x71, span_from("\x01", 1));
		tlv_close(&cut, mark);
		EXPECT_ERR(
		    ERR_FORMAT, parse(buf_span(&cut), 16384, &der), "cut off");
	}
}

TEST_MAIN("card/piv/certobj")
