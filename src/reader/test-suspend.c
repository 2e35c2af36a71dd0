/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/suspend.h"

#include "test.h"

static uint64_t asleep_ms;
static unsigned int times;

static uint64_t
fake_clock(void)
{
	return asleep_ms;
}

static void
count(void *ctx)
{
	assert_non_null(ctx);
	times++;
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
	asleep_ms = s.asleep_ms = 1000;
	s.clock = fake_clock;
	for (size_t i = 0; i < nitems(rows); i++) {
		asleep_ms = rows[i].asleep;
		suspend_look(&s);
		if (times != rows[i].times)
			fail_msg("%s: %u", rows[i].why, times);
	}
	suspend_stop(&s);
	sd_event_unref(ev);
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
