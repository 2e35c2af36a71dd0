/* SPDX-License-Identifier: BSD-2-Clause */
/* The card at its reader: frames in any pieces, power, the hand's commands. */
#include "vcard/link.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "vcard/control.h"
#include "vcard/testcard.h"

#define SELECT_FRAME "000f" SELECT_PIV

struct scene {
	struct link link;
	struct vcard *card;
	int reader; /* the other end */
};

static void
scene_done(struct scene *s)
{
	link_done(&s->link);
	vcard_free(&s->card);
	fd_close(&s->reader);
}

static void
scene_make(struct scene *s)
{
	int sv[2];

	link_init(&s->link);
	EXPECT_OK(vcard_new(NULL, &s->card));
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	s->link.fd = sv[0];
	s->reader = sv[1];
}

static void
say(struct scene *s, const char *hex)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(65536);

	EXPECT_OK(hex_decode(span_str(hex), &b));
	EXPECT_OK(fd_write_all(s->reader, buf_span(&b), deadline_in(1000)));
}

/* One frame, or 0 bytes when none is there. */
static size_t
hear(struct scene *s, uint8_t out[512])
{
	struct pollfd p = { .fd = s->reader, .events = POLLIN };
	uint8_t len[2];
	size_t n;

	if (poll(&p, 1, 0) == 0)
		return 0;
	EXPECT_OK(fd_read_n(s->reader, len, 2, deadline_in(1000)));
	n = (size_t)(len[0] << 8 | len[1]);
	assert_in_range(n, 1, 512);
	EXPECT_OK(fd_read_n(s->reader, out, n, deadline_in(1000)));
	return n;
}

TEST(the_slots_commands_do_what_they_say)
{
	CLEANUP(scene_done) struct scene s;
	uint8_t out[512];

	scene_make(&s);
	say(&s, "000104"); /* an ATR is to be had without power */
	EXPECT_OK(link_serve(&s.link, s.card));
	assert_int_equal(hear(&s, out), vcard_atr(s.card).n);
	assert_int_equal(out[0], 0x3b);
	say(&s, "000101" SELECT_FRAME "000102000104");
	EXPECT_OK(link_serve(&s.link, s.card));
	assert_true(hear(&s, out) > 2);
	assert_int_equal(out[0], 0x61);
	assert_int_equal(hear(&s, out), vcard_atr(s.card).n);
	assert_false(s.card->selected); /* the reset came after SELECT */
	say(&s, "000100");
	EXPECT_OK(link_serve(&s.link, s.card));
	assert_false(vcard_powered(s.card));
	assert_int_equal(hear(&s, out), 0); /* these have no answer */
}

TEST(a_frame_may_come_byte_by_byte)
{
	static const char frame[] = SELECT_FRAME;
	CLEANUP(scene_done) struct scene s;
	uint8_t out[512];
	char byte[3] = { 0 };

	scene_make(&s);
	vcard_power(s.card, true);
	for (size_t i = 0; i < sizeof(frame) - 1; i += 2) {
		assert_int_equal(hear(&s, out), 0);
		memcpy(byte, frame + i, 2);
		say(&s, byte);
		EXPECT_OK(link_serve(&s.link, s.card));
	}
	assert_true(hear(&s, out) > 2);
}

TEST(whatever_goes_wrong_the_card_is_gone)
{
	static const struct {
		const char *why, *rule, *frames;
	} rows[] = {
		{ "unknown slot command", NULL, "000103" },
		{ "command without power", NULL, "000100" SELECT_FRAME },
		{ "power loss", "power-loss", "000101" SELECT_FRAME },
		{ "answer loss", "answer-loss", "000101" SELECT_FRAME },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(scene_done) struct scene s;
		struct pollfd p;

		scene_make(&s);
		if (rows[i].rule != NULL)
			EXPECT_OK(vcard_misbehave(s.card, rows[i].rule, NULL));
		say(&s, rows[i].frames);
		EXPECT_ERR(
		    ERR_REMOVED, link_serve(&s.link, s.card), rows[i].why);
		assert_int_equal(s.link.fd, -1);
		p = (struct pollfd){ .fd = s.reader, .events = POLLIN };
		assert_int_equal(poll(&p, 1, 0), 1);
		assert_true((p.revents & POLLHUP) != 0);
	}
}

TEST(a_reader_that_closes_ends_the_link)
{
	CLEANUP(scene_done) struct scene s;

	scene_make(&s);
	fd_close(&s.reader);
	EXPECT_ERR(ERR_REMOVED, link_serve(&s.link, s.card), "closed");
}

TEST(there_is_no_card_where_there_is_no_reader)
{
	static const struct {
		const char *where;
		err_t want;
	} rows[] = {
		{ "unix:/nonexistent/socket", ERR_SERVICE },
		{ "tcp:127.0.0.1:1", ERR_SERVICE },
		{ "tcp:127.0.0.1", ERR_FORMAT },
		{ "serial:/dev/ttyS0", ERR_FORMAT },
	};
	CLEANUP(scene_done) struct scene s;
	struct why why = { 0 };

	scene_make(&s);
	fd_close(&s.link.fd);
	for (size_t i = 0; i < nitems(rows); i++) {
		EXPECT_ERR(rows[i].want,
		    link_connect(&s.link, rows[i].where, &why), rows[i].where);
		assert_non_null(strstr(why.text, rows[i].where));
		assert_int_equal(s.link.fd, -1);
	}
}

TEST(the_hand_is_answered_in_lines)
{
	static const struct {
		const char *line, *answer;
	} rows[] = {
		{ "insert", "ok\n" },
		{ "remove", "ok\n" },
		{ "status", "out\npin-tries 3\npuk-tries 3\nok\n" },
		{ "counts", "total 1\nbytes-in 15\nbytes-out 64\nA4 1\nok\n" },
		{ "clear", "ok\n" },
		{ "counts", "total 0\nbytes-in 0\nbytes-out 0\nok\n" },
		{ "misbehave delay=0", "ok\n" },
		{ "misbehave", "error: no such command\n" },
		{ "misbehave x", "error: rule \"x\" is not understood\n" },
		{ "quit now", "error: no such command\n" },
		{ "", "error: no such command\n" },
		{ "quit", "ok\n" },
	};
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	CLEANUP(buf_done) struct buf out = BUF_INIT(65536);
	struct hand h = { .card = c, .trace = BUF_INIT(1024) };

	for (size_t i = 0; i < nitems(rows); i++) {
		buf_reset(&out);
		control_line(&h, rows[i].line, &out);
		buf_put_u8(&out, 0);
		assert_string_equal((char *)out.p, rows[i].answer);
		assert_int_equal(h.want_in, i == 0);
	}
	assert_true(h.quit);
}

TEST_MAIN("vcard/link")
