/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <limits.h>
#include <unistd.h>

#include "test.h"

TEST(clock_goes_forward)
{
	uint64_t a = clock_us();

	(void)usleep(2000);
	assert_true(clock_us() >= a + 2000);
	assert_true(clock_ms() >= a / 1000 + 2);
}

TEST(deadline_counts_down_to_zero_and_stays_there)
{
	uint64_t d = deadline_in(60000);
	int left = deadline_left(d);

	assert_in_range(left, 1, 60000);
	(void)usleep(25000);
	assert_true(deadline_left(d) < left);
	d = deadline_in(20);
	assert_in_range(deadline_left(d), 0, 20);
	(void)usleep(25000);
	assert_int_equal(deadline_left(d), 0);
	assert_int_equal(deadline_left(0), 0);
}

TEST(deadline_beyond_counting_never_passes)
{
	assert_int_equal(deadline_left(DEADLINE_NONE), -1);
	assert_int_equal(deadline_left(deadline_in(UINT64_MAX)), -1);
	assert_int_equal(deadline_left(deadline_in(UINT64_MAX - 1)), -1);
	assert_int_equal(
	    deadline_left(deadline_in((uint64_t)INT_MAX * 2)), INT_MAX);
}

TEST_MAIN("base/clock")
