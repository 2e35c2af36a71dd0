/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/stream.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

struct end {
	struct stream s;
	int peer;
	unsigned int inputs, gone;
	size_t leave; /* bytes that input() does not take */
	struct end *victim; /* freed by our input() */
	err_t why;
};

static sd_event *ev;

static err_t
on_input(struct stream *s, void *ctx)
{
	struct end *e = ctx;

	e->inputs++;
	if (s->in.n > e->leave)
		buf_drop(&s->in, s->in.n - e->leave);
	if (e->victim != NULL)
		stream_done(&e->victim->s);
	return ERR_OK;
}

static void
on_gone(struct stream *s, void *ctx, err_t why)
{
	struct end *e = ctx;

	e->gone++;
	e->why = why;
	stream_done(s);
}

static void
open_end(struct end *e)
{
	static const struct stream_ops ops = { on_input, on_gone };
	int pair[2];

	*e = (struct end){ 0 };
	if (ev == NULL)
		assert_true(sd_event_new(&ev) >= 0);
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	buf_init(&e->s.in, 64);
	buf_init(&e->s.out, 64);
	EXPECT_OK(stream_init(&e->s, ev, pair[0], &ops, e));
	e->peer = pair[1];
}

static void
close_end(struct end *e)
{
	if (e->peer >= 0)
		(void)close(e->peer);
	stream_done(&e->s);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		assert_true(sd_event_run(ev, 0) >= 0);
}

static void
peer_says(struct end *e, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);

	assert_int_equal(n, write(e->peer, text, (size_t)n));
}

TEST(a_paused_stream_reads_nothing_until_resumed)
{
	struct end e;

	open_end(&e);
	stream_pause(&e.s);
	peer_says(&e, "abc");
	turn();
	assert_int_equal(e.inputs, 0);
	stream_resume(&e.s);
	turn();
	assert_int_equal(e.inputs, 1);
	close_end(&e);
}

TEST(what_was_left_is_seen_again_after_resume)
{
	struct end e;

	open_end(&e);
	e.leave = 2;
	peer_says(&e, "abc");
	turn();
	assert_int_equal(e.inputs, 1);
	stream_pause(&e.s);
	stream_resume(&e.s);
	turn();
	assert_int_equal(e.inputs, 2);
	close_end(&e);
}

TEST(a_peer_that_goes_is_noticed_even_while_paused)
{
	struct end e;

	open_end(&e);
	stream_pause(&e.s);
	(void)close(e.peer);
	e.peer = -1;
	turn();
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_REMOVED);
	close_end(&e);
}

TEST(what_a_peer_said_before_it_went_is_heard)
{
	struct end e;

	open_end(&e);
	peer_says(&e, "abc");
	(void)close(e.peer);
	e.peer = -1;
	turn();
	assert_int_equal(e.inputs, 1);
	assert_int_equal(e.gone, 1);
	close_end(&e);
}

TEST(closing_is_told_later_and_once)
{
	struct end e;

	open_end(&e);
	stream_close(&e.s);
	stream_close(&e.s);
	assert_int_equal(e.gone, 0);
	peer_says(&e, "abc");
	turn();
	assert_int_equal(e.inputs, 0);
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_OK);
	close_end(&e);
}

TEST(a_peer_that_does_not_read_is_closed_at_the_cap)
{
	static const uint8_t much[65] = { 0 };
	struct end e;

	open_end(&e);
	stream_put(&e.s, SPAN_OF(much));
	turn();
	assert_int_equal(e.gone, 1);
	close_end(&e);
}

TEST(a_frame_without_end_is_closed_at_the_cap)
{
	struct end e;

	open_end(&e);
	e.leave = 1000;
	for (int i = 0; i < 9; i++)
		peer_says(&e, "12345678");
	turn();
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_LIMIT);
	close_end(&e);
}

/* An end that hears out of a pipe; whose writing end is returned. */
static int
open_hearing(struct end *e)
{
	int ends[2];

	open_end(e);
	assert_int_equal(0, pipe(ends));
	EXPECT_OK(stream_in_pipe(&e->s, ends[0]));
	return ends[1];
}

TEST(what_comes_out_of_the_pipe_is_the_input)
{
	struct end e;
	int say = open_hearing(&e);

	peer_says(&e, "over the socket");
	turn();
	assert_int_equal(e.inputs, 0);
	assert_int_equal(3, write(say, "abc", 3));
	turn();
	assert_int_equal(e.inputs, 1);
	stream_put(&e.s, span_str("x"));
	turn();
	assert_int_equal(e.gone, 0);
	(void)close(say);
	turn();
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_REMOVED);
	close_end(&e);
}

TEST(the_end_of_the_socket_is_the_end_of_an_open_pipe)
{
	struct end e;
	int say = open_hearing(&e);

	assert_int_equal(3, write(say, "abc", 3));
	(void)close(e.peer);
	e.peer = -1;
	turn();
	assert_int_equal(e.inputs, 1);
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_REMOVED);
	close_end(&e);
	(void)close(say);
}

TEST(one_with_a_pipe_closes_as_others_do)
{
	struct end e;
	int say = open_hearing(&e);

	stream_close(&e.s);
	assert_int_equal(3, write(say, "abc", 3));
	turn();
	assert_int_equal(e.inputs, 0);
	assert_int_equal(e.gone, 1);
	assert_int_equal(e.why, ERR_OK);
	close_end(&e);
	(void)close(say);
}

TEST(output_goes_into_the_pipe)
{
	struct end e;
	char got[4];
	int ends[2];

	open_end(&e);
	assert_int_equal(0, pipe(ends));
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	stream_out_pipe(&e.s, ends[1]);
	stream_put(&e.s, span_str("abc"));
	assert_int_equal(3, read(ends[0], got, sizeof(got)));
	assert_memory_equal(got, "abc", 3);
	peer_says(&e, "x");
	turn();
	assert_int_equal(e.inputs, 1);
	(void)close(ends[0]);
	stream_put(&e.s, span_str("abc"));
	turn();
	assert_int_equal(e.gone, 1);
	close_end(&e);
}

TEST(who_is_freed_by_another_is_not_called)
{
	struct end a, b;

	open_end(&a);
	open_end(&b);
	a.victim = &b;
	b.victim = &a;
	peer_says(&a, "x");
	peer_says(&b, "x");
	turn();
	assert_int_equal(a.inputs + b.inputs, 1);
	close_end(&a);
	close_end(&b);
	ev = sd_event_unref(ev);
}

TEST_MAIN("reader/stream")
