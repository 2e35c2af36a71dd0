/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static uint64_t
read_us(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
clock_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}

uint64_t
clock_awake_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

uint64_t
deadline_in(uint64_t ms)
{
	uint64_t now = clock_ms();

	return ms >= DEADLINE_NONE - now ? DEADLINE_NONE : now + ms;
}

int
deadline_left(uint64_t deadline)
{
	uint64_t now;

	if (deadline == DEADLINE_NONE)
		return -1;
	now = clock_ms();
	if (now >= deadline)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}
