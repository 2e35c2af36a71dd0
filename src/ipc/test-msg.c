/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/msg.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "codec/hex.h"
#include "fault.h"
#include "test.h"

static void
sample(struct msg *m)
{
	msg_init(m, 0x1234);
	msg_put_str(&m->body, "abc");
	EXPECT_OK(secret_from(span_str("123456"), &m->secret));
}

#define SAMPLE                     \
	"\0\0\0\x07\x12\x34\0\x06" \
	"\0\0\0\x03"               \
	"abc"                      \
	"123456"

TEST(msg_frame_is_header_body_secret)
{
	CLEANUP(msg_done) struct msg m;
	CLEANUP(buf_done) struct buf b = BUF_INIT(100);

	sample(&m);
	EXPECT_OK(msg_build(&m, &b));
	EXPECT_SPAN(buf_span(&b), SAMPLE);
}

TEST(msg_parse_takes_one_frame_and_moves_the_secret_apart)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct span in = span_from(SAMPLE SAMPLE, 2 * (sizeof(SAMPLE) - 1));
	size_t used = 0, need;

	EXPECT_OK(msg_parse(in, &m, &used, &need));
	assert_int_equal(used, sizeof(SAMPLE) - 1);
	assert_int_equal(m.type, 0x1234);
	EXPECT_SPAN(buf_span(&m.body),
	    "\0\0\0\x03"
	    "abc");
	EXPECT_SPAN(secret_span(m.secret), "123456");
}

/* Any number of bytes can arrive at a time. */
TEST(msg_parse_waits_for_every_byte_and_says_how_many)
{
	size_t all = sizeof(SAMPLE) - 1, used, need;

	for (size_t n = 0; n < all; n++) {
		struct msg m = { .type = 7 };

		EXPECT_ERR(ERR_SHORT,
		    msg_parse(span_from(SAMPLE, n), &m, &used, &need),
		    "a prefix");
		assert_int_equal(need, n < MSG_HEADER ? 0 : all);
		assert_int_equal(m.type, 7);
	}
}

TEST(msg_length_over_a_cap_drops_the_peer_before_the_bytes_come)
{
	static const struct {
		const char *why, *header;
		err_t want;
	} rows[] = {
		{ "body, the most", "00080000 0001 0000", ERR_SHORT },
		{ "body, one more", "00080001 0001 0000", ERR_LIMIT },
		{ "body, ffffffff", "ffffffff 0001 0000", ERR_LIMIT },
		{ "secret, the most", "00000000 0001 0040", ERR_SHORT },
		{ "secret, one more", "00000000 0001 0041", ERR_LIMIT },
		{ "secret, ffff", "00000000 0001 ffff", ERR_LIMIT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(8);
		struct msg m = { 0 };
		size_t used, need;

		EXPECT_OK(hex_decode(span_str(rows[i].header), &b));
		EXPECT_ERR(rows[i].want,
		    msg_parse(buf_span(&b), &m, &used, &need), rows[i].why);
	}
}

TEST(msg_build_refuses_a_secret_or_body_too_long)
{
	CLEANUP(msg_done) struct msg m;
	CLEANUP(buf_done) struct buf b = BUF_INIT(MSG_BODY_MAX * 2);

	msg_init(&m, 1);
	EXPECT_OK(secret_new(MSG_SECRET_MAX + 1, &m.secret));
	EXPECT_ERR(ERR_LIMIT, msg_build(&m, &b), "secret");
	secret_free(&m.secret);
	(void)buf_grow(&m.body, MSG_BODY_MAX);
	EXPECT_OK(msg_build(&m, &b));
	buf_put_u8(&m.body, 1);
	buf_reset(&b);
	EXPECT_ERR(ERR_LIMIT, msg_build(&m, &b), "body");
	assert_int_equal(b.n, 0); /* no half frame */
}

TEST(msg_strings_are_checked)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "empty", "00000000", ERR_OK },
		{ "fits", "00000003 616263", ERR_OK },
		{ "UTF-8", "00000002 c3bc", ERR_OK },
		{ "no room for the NUL", "00000004 61626364", ERR_LIMIT },
		{ "length ffffffff", "ffffffff 61", ERR_LIMIT },
		{ "length cut off", "000000", ERR_SHORT },
		{ "one byte short", "00000003 6162", ERR_SHORT },
		{ "NUL inside", "00000003 610062", ERR_FORMAT },
		{ "new line", "00000001 0a", ERR_FORMAT },
		{ "not UTF-8", "00000001 ff", ERR_FORMAT },
		{ "C1", "00000002 c29b", ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);
		char out[4] = "old";
		struct span in;
		size_t n;

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &b));
		in = buf_span(&b);
		n = in.n;
		EXPECT_ERR(rows[i].want, msg_get_str(&in, out, sizeof(out)),
		    rows[i].why);
		if (rows[i].want == ERR_OK) {
			EXPECT_OK(span_end(in));
			continue;
		}
		assert_string_equal(out, "old");
		assert_int_equal(in.n, n);
	}
}

TEST(msg_get_bytes_has_a_cap_of_its_own)
{
	struct span in = span_from("\0\0\0\x03"
				   "abcd",
			8),
		    out = SPAN_NONE;

	EXPECT_ERR(ERR_LIMIT, msg_get_bytes(&in, 2, &out), "two at most");
	assert_null(out.p);
	EXPECT_OK(msg_get_bytes(&in, 3, &out));
	EXPECT_SPAN(out, "abc");
	EXPECT_SPAN(in, "d");
}

TEST(msg_put_bytes_over_the_cap_sticks)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(16);

	msg_put_bytes(&b, span_from("x", (size_t)MSG_BODY_MAX + 1));
	EXPECT_ERR(ERR_LIMIT, buf_status(&b), "not read, not written");
	assert_int_equal(b.n, 0);
}

static void *
send_large(void *arg)
{
	struct msg m;

	msg_init(&m, 9);
	(void)buf_grow(&m.body, MSG_BODY_MAX);
	if (secret_from(span_str("87654321"), &m.secret) != ERR_OK ||
	    msg_send(*(int *)arg, &m, deadline_in(5000)) != ERR_OK)
		m.type = 0;
	msg_done(&m);
	return NULL;
}

TEST(msg_sent_is_received_also_the_largest)
{
	CLEANUP(msg_done) struct msg got = { 0 };
	pthread_t other;
	int s[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(pthread_create(&other, NULL, send_large, &s[0]), 0);
	EXPECT_OK(msg_recv(s[1], &got, deadline_in(5000)));
	(void)pthread_join(other, NULL);
	assert_int_equal(got.type, 9);
	assert_int_equal(got.body.n, MSG_BODY_MAX);
	EXPECT_SPAN(secret_span(got.secret), "87654321");
	fd_close(&s[0]);
	fd_close(&s[1]);
}

TEST(msg_recv_of_a_frame_cut_anywhere_is_an_error)
{
	size_t all = sizeof(SAMPLE) - 1;

	for (size_t n = 0; n < all; n++) {
		CLEANUP(msg_done) struct msg got = { .type = 7 };
		int s[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
		EXPECT_OK(fd_write_all(
		    s[0], span_from(SAMPLE, n), deadline_in(1000)));
		fd_close(&s[0]);
		EXPECT_ERR(n == 0 ? ERR_REMOVED : ERR_SHORT,
		    msg_recv(s[1], &got, deadline_in(1000)), "a prefix");
		assert_int_equal(got.type, 7);
		fd_close(&s[1]);
	}
}

TEST(msg_recv_has_a_deadline)
{
	CLEANUP(msg_done) struct msg got = { 0 };
	int s[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	EXPECT_OK(fd_write_all(s[0], span_from(SAMPLE, 12), deadline_in(1000)));
	EXPECT_ERR(ERR_TIMEOUT, msg_recv(s[1], &got, deadline_in(30)), "half");
	fd_close(&s[0]);
	fd_close(&s[1]);
}

static err_t
round_trip(void *ctx)
{
	CLEANUP(msg_done) struct msg m = { 0 }, again = { 0 }, back = { 0 };
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
	const int *s = ctx;
	size_t used, need;
	err_t e;

	msg_init(&m, 3);
	msg_put_str(&m.body, "reader");
	if ((e = secret_from(span_str("123456"), &m.secret)) ||
	    (e = msg_build(&m, &b)) ||
	    (e = msg_parse(buf_span(&b), &again, &used, &need)) ||
	    (e = msg_send(s[0], &again, deadline_in(1000))))
		return e;
	e = msg_recv(s[1], &back, deadline_in(1000));
	while (recv(s[1], &used, 1, MSG_DONTWAIT) > 0)
		;
	return e;
}

TEST(msg_survives_any_failed_allocation)
{
	int s[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_true(fault_each(round_trip, s) >= 9);
	fd_close(&s[0]);
	fd_close(&s[1]);
}

TEST_MAIN("ipc/msg")
