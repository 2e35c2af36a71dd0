/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/suspend.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "test.h"

static uint64_t awake_ms, asleep_ms, before_ms, after_ms;
static unsigned int times;
static bool set_meanwhile;

static uint64_t
fake_monotonic(void)
{
	return awake_ms;
}

/* Others have the CPU, before or after it, once. */
static uint64_t
fake_boottime(void)
{
	uint64_t now;

	awake_ms += before_ms;
	now = awake_ms + asleep_ms;
	awake_ms += after_ms;
	before_ms = after_ms = 0;
	return now;
}

/*
 * In place of the C library's, as the kernel does when the clock was set since
 * it was last read: armed, and the answer is ECANCELED.
 */
int
timerfd_settime(
    int fd, int flags, const struct itimerspec *at, struct itimerspec *old)
{
	bool set = set_meanwhile && (flags & TFD_TIMER_CANCEL_ON_SET) != 0;

	if (syscall(SYS_timerfd_settime, fd, flags, at, old) != 0)
		return -1;
	if (!set)
		return 0;
	errno = ECANCELED;
	return -1;
}

static void
count(void *ctx)
{
	assert_non_null(ctx);
	times++;
}

static void
fake(struct suspend *s)
{
	asleep_ms = s->asleep_ms = 1000;
	awake_ms = 5000;
	s->boottime = fake_boottime;
	s->monotonic = fake_monotonic;
}

TEST(only_time_asleep_counts_and_once)
{
	static const struct {
		const char *why;
		uint64_t asleep;
		unsigned int times;
	} rows[] = {
		{ "the clock was set", 1000, 0 },
		{ "read at two moments", 1003, 0 },
		{ "two seconds asleep", 3003, 1 },
		{ "the clock was set again", 3002, 1 },
		{ "a moment asleep", 3103, 2 },
		{ "a night", 30000000, 3 },
	};
	sd_event *ev = NULL;
	struct suspend s;

	times = 0;
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_OK(suspend_start(&s, ev, count, &s));
	fake(&s);
	for (size_t i = 0; i < nitems(rows); i++) {
		asleep_ms = rows[i].asleep;
		suspend_look(&s);
		if (times != rows[i].times)
			fail_msg("%s: %u", rows[i].why, times);
	}
	suspend_stop(&s);
	sd_event_unref(ev);
}

TEST(who_loses_the_cpu_between_two_clocks_has_not_slept)
{
	sd_event *ev = NULL;
	struct suspend s;

	times = 0;
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_OK(suspend_start(&s, ev, count, &s));
	fake(&s);
	before_ms = 700;
	suspend_look(&s);
	assert_int_equal(times, 0);
	after_ms = 700;
	asleep_ms += 100;
	suspend_look(&s);
	assert_int_equal(times, 1);
	suspend_stop(&s);
	sd_event_unref(ev);
}

/* What else is ready after a resume, a command to the card, say. */
static int
on_other(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	unsigned int *others = data;
	uint64_t n;

	assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
	(*others)++;
	assert_int_equal(times, *others);
	return 0;
}

TEST(a_clock_that_is_set_twice_is_no_end_of_it)
{
	static const struct itimerspec past = { .it_value.tv_nsec = 1 };
	unsigned int others = 0;
	sd_event *ev = NULL;
	struct suspend s;
	int fd = eventfd(0, EFD_CLOEXEC);

	times = 0;
	set_meanwhile = true;
	assert_true(sd_event_new(&ev) >= 0);
	assert_true(
	    sd_event_add_io(ev, NULL, fd, EPOLLIN, on_other, &others) >= 0);
	EXPECT_OK(suspend_start(&s, ev, count, &s));
	fake(&s);
	for (unsigned int i = 1; i <= 3; i++) {
		asleep_ms += 1000;
		assert_int_equal(eventfd_write(fd, 1), 0);
		assert_int_equal(
		    timerfd_settime(s.fd, TFD_TIMER_ABSTIME, &past, NULL), 0);
		while (others < i)
			assert_true(sd_event_run(ev, 30000000) > 0);
	}
	set_meanwhile = false;
	suspend_stop(&s);
	sd_event_unref(ev);
	(void)close(fd);
}

TEST(an_awake_machine_hears_nothing)
{
	sd_event *ev = NULL;
	struct suspend s;

	times = 0;
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_OK(suspend_start(&s, ev, count, &s));
	assert_true(sd_event_run(ev, 30000) >= 0);
	suspend_look(&s);
	assert_int_equal(times, 0);
	suspend_stop(&s);
	sd_event_unref(ev);
}

TEST_MAIN("reader/suspend")
