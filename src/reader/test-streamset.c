/* SPDX-License-Identifier: BSD-2-Clause */
/* stream_loop(): streams and sd-event get along. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "reader/stream.h"
#include "test.h"

#define LATE_MS 20 /* stream.h */

/* One stream whose input exits the loop, at once or by a timer. */
struct end {
	struct stream s;
	sd_event *ev;
	int peer;
	unsigned int inputs;
	bool frees; /* itself, with bytes that are not sent yet */
	uint64_t timer_ms; /* 0: at once */
	uint64_t heard_ms, fired_ms;
};

static int
on_timer(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct end *e = data;

	e->fired_ms = clock_ms();
	return sd_event_exit(e->ev, 3);
}

static err_t
on_input(struct stream *s, void *ctx)
{
	struct end *e = ctx;

	buf_drop(&s->in, s->in.n);
	if (e->frees) {
		buf_put(&s->out, span_str("y"));
		stream_flush_late(s);
		stream_close(s); /* and stream_done() in `gone` */
	}
	e->inputs++;
	e->heard_ms = clock_ms();
	if (e->timer_ms == 0)
		assert_true(sd_event_exit(e->ev, 7) >= 0);
	else
		assert_true(
		    sd_event_add_time_relative(e->ev, NULL, CLOCK_MONOTONIC,
			e->timer_ms * 1000, 1, on_timer, e) >= 0);
	return ERR_OK;
}

static void
on_gone(struct stream *s, void *ctx UNUSED, err_t why UNUSED)
{
	stream_done(s);
}

static void
open_end(struct end *e)
{
	static const struct stream_ops ops = { on_input, on_gone };
	int pair[2];

	*e = (struct end){ 0 };
	assert_true(sd_event_new(&e->ev) >= 0);
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	buf_init(&e->s.in, 64);
	buf_init(&e->s.out, 64);
	EXPECT_OK(stream_init(&e->s, e->ev, pair[0], &ops, e));
	e->peer = pair[1];
}

static void
close_end(struct end *e)
{
	(void)close(e->peer);
	stream_done(&e->s);
	e->ev = sd_event_unref(e->ev);
}

/* From another process: the loop has nothing to do until then. */
static pid_t
speak_after(const struct end *e, unsigned int ms)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)usleep(ms * 1000);
		_exit(write(e->peer, "x", 1) == 1 ? 0 : 1);
	}
	return pid;
}

TEST(an_exit_asked_for_by_a_stream_ends_the_loop)
{
	struct end e;

	open_end(&e);
	assert_int_equal(1, write(e.peer, "x", 1));
	assert_int_equal(7, stream_loop(e.ev));
	assert_int_equal(e.inputs, 1);
	close_end(&e);
}

TEST(a_timer_set_by_a_stream_after_an_idle_time_fires_in_time)
{
	struct end e;
	uint64_t took;
	pid_t pid;

	open_end(&e);
	e.timer_ms = 100;
	pid = speak_after(&e, 300);
	assert_int_equal(3, stream_loop(e.ev));
	took = e.fired_ms - e.heard_ms;
	assert_true(took + LATE_MS >= e.timer_ms);
	assert_true(took < 20000); /* of a loaded machine */
	assert_int_equal(pid, waitpid(pid, NULL, 0));
	close_end(&e);
}

static int
free_stream(sd_event_source *src UNUSED, void *data)
{
	struct end *e = data;

	stream_done(&e->s);
	return sd_event_exit(e->ev, 5);
}

TEST(a_stream_freed_by_sd_event_in_the_same_turn_is_not_called)
{
	struct end e;

	open_end(&e);
	assert_int_equal(1, write(e.peer, "x", 1));
	assert_true(sd_event_add_defer(e.ev, NULL, free_stream, &e) >= 0);
	assert_int_equal(5, stream_loop(e.ev));
	assert_int_equal(e.inputs, 0);
	close_end(&e);
}

static int
look_at_events(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct end *e = data;

	/* else the loop would turn for nothing as long as it is paused */
	assert_int_equal(e->s.events & EPOLLIN, 0);
	stream_resume(&e->s);
	return 0;
}

TEST(who_speaks_while_paused_is_heard_after_resume)
{
	struct end e;

	open_end(&e);
	stream_pause(&e.s);
	assert_int_equal(1, write(e.peer, "x", 1));
	assert_true(sd_event_add_time_relative(e.ev, NULL, CLOCK_MONOTONIC,
			50000, 1, look_at_events, &e) >= 0);
	assert_int_equal(7, stream_loop(e.ev));
	assert_int_equal(e.inputs, 1);
	close_end(&e);
}

/* sd_event_loop() dispatches streams too, also after stream_loop(). */
TEST(the_set_serves_both_loops)
{
	struct end e;

	open_end(&e);
	assert_int_equal(1, write(e.peer, "x", 1));
	assert_int_equal(7, sd_event_loop(e.ev));
	close_end(&e);
	open_end(&e);
	assert_int_equal(1, write(e.peer, "x", 1));
	assert_int_equal(7, stream_loop(e.ev));
	close_end(&e);
}

/* Two that have something for a third: it wakes once. */
static unsigned int spoke;

static err_t
speak_late(struct stream *s, void *ctx)
{
	struct end *to = ctx;

	buf_drop(&s->in, s->in.n);
	buf_put(&to->s.out, span_str("ab"));
	stream_flush_late(&to->s);
	assert_int_equal(to->s.out.n, 2 * ++spoke); /* not sent yet */
	return ERR_OK;
}

static int
listen_late(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	char got[16];

	assert_int_equal(read(fd, got, sizeof(got)), 4);
	return sd_event_exit(data, 9);
}

TEST(what_is_flushed_late_goes_out_together)
{
	static const struct stream_ops ops = { speak_late, on_gone };
	struct end to, from[2];

	open_end(&to);
	spoke = 0;
	for (size_t i = 0; i < nitems(from); i++) {
		int pair[2];

		from[i] = (struct end){ 0 };
		assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
		buf_init(&from[i].s.in, 64);
		EXPECT_OK(stream_init(&from[i].s, to.ev, pair[0], &ops, &to));
		from[i].peer = pair[1];
		assert_int_equal(1, write(pair[1], "x", 1));
	}
	assert_true(sd_event_add_io(to.ev, NULL, to.peer, EPOLLIN, listen_late,
			to.ev) >= 0);
	assert_int_equal(9, stream_loop(to.ev));
	assert_int_equal(spoke, 2);
	for (size_t i = 0; i < nitems(from); i++)
		close_end(&from[i]);
	close_end(&to);
}

TEST(who_is_freed_before_it_is_flushed_is_forgotten)
{
	struct end e;

	open_end(&e);
	assert_int_equal(1, write(e.peer, "x", 1));
	e.frees = true;
	assert_int_equal(7, stream_loop(e.ev));
	close_end(&e);
}

TEST_MAIN("reader/streamset")
