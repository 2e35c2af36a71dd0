/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/pace.h"

#include <stdio.h>

#include "test.h"

static struct paces p;

TEST(the_first_insertions_are_free)
{
	p = (struct paces){ 0 };
	for (unsigned int i = 0; i < PACE_FREE; i++)
		assert_int_equal(pace_insertion(&p, "A", 1000 + i), 0);
	assert_int_equal(pace_insertion(&p, "A", 1010), PACE_FIRST_MS);
	assert_int_equal(pace_insertion(&p, "A", 1020), 2 * PACE_FIRST_MS);
}

TEST(the_wait_grows_to_its_maximum_and_no_further)
{
	uint64_t last = 0, ms;

	p = (struct paces){ 0 };
	for (unsigned int i = 0; i < 1000; i++) {
		ms = pace_insertion(&p, "A", 1000 + 10 * i);
		assert_true(ms >= last && ms <= PACE_MAX_MS);
		last = ms;
	}
	assert_int_equal(last, PACE_MAX_MS);
}

TEST(somebody_who_puts_a_card_in_every_two_seconds_never_waits)
{
	p = (struct paces){ 0 };
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(pace_insertion(&p, "A", 5000 + 2000 * i), 0);
}

TEST(calm_is_forgotten_soon)
{
	p = (struct paces){ 0 };
	for (unsigned int i = 0; i < 1000; i++)
		(void)pace_insertion(&p, "A", 1000 + i);
	assert_int_equal(pace_insertion(&p, "A", 2000 + 15 * PACE_CALM_MS), 0);
}

TEST(other_readers_notice_nothing)
{
	p = (struct paces){ 0 };
	for (unsigned int i = 0; i < 1000; i++)
		(void)pace_insertion(&p, "A", 1000 + i);
	assert_int_equal(pace_insertion(&p, "B", 2000), 0);
	assert_true(pace_insertion(&p, "A", 2001) > 0);
}

TEST(of_too_many_readers_the_quietest_is_forgotten)
{
	char name[16];

	p = (struct paces){ 0 };
	for (unsigned int i = 0; i < 20; i++)
		(void)pace_insertion(&p, "bad", 1000 + i);
	for (unsigned int i = 0; i < PACE_READERS - 1; i++) {
		(void)snprintf(name, sizeof(name), "R%u", i);
		assert_int_equal(pace_insertion(&p, name, 1100 + i), 0);
	}
	assert_true(pace_insertion(&p, "bad", 1300) > 0);
	assert_int_equal(pace_insertion(&p, "one more", 1301), 0);
	assert_true(pace_insertion(&p, "bad", 1302) > 0);
}

TEST_MAIN("tokend/pace")
