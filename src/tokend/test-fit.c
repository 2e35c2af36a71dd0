/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/fit.h"

#include <stdint.h>

#include "test.h"

TEST(the_largest_are_left_out_until_the_rest_fits)
{
	static const struct {
		const char *why;
		size_t sizes[4], room, want;
	} rows[] = {
		{ "nothing", { 0 }, 10, 10 },
		{ "all fit", { 3, 3, 4 }, 10, 10 },
		{ "one is larger than the room", { 3, 11, 4 }, 10, 10 },
		{ "one too large with the others", { 3, 9, 4 }, 10, 8 },
		{ "whatever the order", { 9, 4, 3 }, 10, 8 },
		{ "two liars of one size", { 6, 6, 3 }, 10, 5 },
		{ "two liars, the smaller fits", { 8, 6, 3 }, 10, 7 },
		{ "four of one size", { 3, 3, 3, 3 }, 10, 2 },
		{ "a sum that overflows", { SIZE_MAX - 1, SIZE_MAX - 1, 3 },
		    SIZE_MAX - 1, SIZE_MAX - 2 },
		{ "no room", { 1, 2 }, 0, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		size_t got = fit_up_to(rows[i].sizes, 4, rows[i].room);

		if (got != rows[i].want)
			fail_msg("%s: %zu", rows[i].why, got);
	}
}

TEST_MAIN("tokend/fit")
