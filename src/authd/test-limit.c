/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/limit.h"

#include "test.h"

static struct limit l;

static void
reset(void)
{
	l = (struct limit){ 0 };
}

/* One session that begins and ends. */
static err_t
visit(uid_t uid, uint64_t now, bool wrong_pin)
{
	err_t e = limit_begin(&l, uid, false, now);

	if (e == ERR_OK)
		limit_end(&l, uid, false, wrong_pin);
	return e;
}

TEST(credit_runs_out_and_comes_back)
{
	uint64_t now = 1000;

	reset();
	for (unsigned int i = 0; i < LIMIT_CREDIT; i++)
		EXPECT_OK(visit(1000, now, false));
	EXPECT_ERR(ERR_BUSY, visit(1000, now, false), "no credit left");
	EXPECT_OK(visit(1001, now, false)); /* another user's is his own */
	now += LIMIT_REFILL_MS - 1;
	EXPECT_ERR(ERR_BUSY, visit(1000, now, false), "not yet");
	EXPECT_OK(visit(1000, now + 1, false));
}

TEST(a_wrong_pin_costs_more)
{
	unsigned int n = 0;

	reset();
	while (visit(1000, 5, true) == ERR_OK)
		n++;
	assert_int_equal(n, 1 + (LIMIT_CREDIT - 1) / (1 + LIMIT_WRONG_PIN));
}

TEST(credit_does_not_grow_without_bound)
{
	unsigned int n = 0;

	reset();
	EXPECT_OK(visit(1000, 0, false));
	while (visit(1000, 1000000000, false) == ERR_OK)
		n++;
	assert_int_equal(n, LIMIT_CREDIT);
}

TEST(sessions_at_a_time_are_bounded_for_each_and_for_all)
{
	uid_t uid = 1000;

	reset();
	for (unsigned int i = 0; i < LIMIT_SESSIONS_UID; i++)
		EXPECT_OK(limit_begin(&l, uid, false, 0));
	EXPECT_ERR(ERR_LIMIT, limit_begin(&l, uid, false, 0), "of one user");
	while (l.running < LIMIT_SESSIONS_USERS)
		EXPECT_OK(limit_begin(&l, ++uid, false, 0));
	EXPECT_ERR(ERR_LIMIT, limit_begin(&l, ++uid, false, 0), "of users");
	while (l.running < LIMIT_SESSIONS)
		EXPECT_OK(limit_begin(&l, 0, true, 0)); /* root's share */
	EXPECT_ERR(ERR_LIMIT, limit_begin(&l, 0, true, 0), "of everybody");
	limit_end(&l, 0, true, false);
	EXPECT_OK(limit_begin(&l, 0, true, 0));
}

TEST(many_users_do_not_push_each_other_out_of_the_table)
{
	reset();
	for (uid_t uid = 1000; uid < 1000 + LIMIT_UIDS; uid++)
		EXPECT_OK(visit(uid, 0, true));
	EXPECT_ERR(ERR_LIMIT, visit(9999, 0, false), "a full table");
	/* one who has his credit back may be forgotten */
	EXPECT_OK(visit(9999, 10 * LIMIT_CREDIT * LIMIT_REFILL_MS, false));
	assert_int_equal(l.running, 0);
	assert_int_equal(l.running_users, 0);
}

TEST_MAIN("authd/limit")
