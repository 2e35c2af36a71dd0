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

/* `n` places of "NAME 0", "NAME 1", ..., or of "NAME" alone. */
static unsigned int
fill_away(const char *name, unsigned int n, bool numbered)
{
	char who[LIMIT_WHO_MAX];
	unsigned int got = 0;

	for (unsigned int i = 0; i < n; i++) {
		(void)snprintf(
		    who, sizeof(who), numbered ? "%s %u" : "%s", name, i);
		got += limit_away_begin(&l, who) == ERR_OK;
	}
	return got;
}

TEST(who_is_not_at_the_seat_has_a_share)
{
	static const struct {
		const char *why, *before;
		unsigned int hosts;
		const char *who;
		err_t want;
	} rows[] = {
		{ "the first of a host", "", 0, "host a", ERR_OK },
		{ "one more than each has", "host a", LIMIT_AWAY_EACH, "host a",
		    ERR_LIMIT },
		{ "another host's is its own", "host a", LIMIT_AWAY_EACH,
		    "host b", ERR_OK },
		{ "a host named like a user", "user 1000", LIMIT_AWAY_EACH,
		    "host user 1000", ERR_OK },
		{ "a user", "user 1000", LIMIT_AWAY_EACH, "user 1000",
		    ERR_LIMIT },
		{ "all of them together", NULL, LIMIT_AWAY, "host new",
		    ERR_LIMIT },
		{ "the last of all of them", NULL, LIMIT_AWAY - 1, "host new",
		    ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		reset();
		assert_int_equal(
		    fill_away(rows[i].before ? rows[i].before : "host",
			rows[i].hosts, rows[i].before == NULL),
		    rows[i].hosts);
		EXPECT_ERR(rows[i].want, limit_away_begin(&l, rows[i].who),
		    rows[i].why);
	}
}

TEST(a_place_comes_back_to_whom_it_was_taken_from)
{
	char longest[LIMIT_WHO_MAX + 1];

	reset();
	assert_int_equal(fill_away("host a", 9, false), LIMIT_AWAY_EACH);
	limit_away_end(&l, "host b"); /* has none */
	EXPECT_ERR(ERR_LIMIT, limit_away_begin(&l, "host a"), "still full");
	limit_away_end(&l, "host a");
	EXPECT_OK(limit_away_begin(&l, "host a"));
	for (unsigned int i = 0; i < LIMIT_AWAY_EACH; i++)
		limit_away_end(&l, "host a");
	assert_int_equal(l.running_away, 0);
	limit_away_end(&l, "host a");
	assert_int_equal(l.running_away, 0);
	memset(longest, 'x', sizeof(longest));
	longest[LIMIT_WHO_MAX] = '\0';
	EXPECT_ERR(ERR_LIMIT, limit_away_begin(&l, longest), "a name too long");
	longest[LIMIT_WHO_MAX - 1] = '\0';
	EXPECT_OK(limit_away_begin(&l, longest));
}

TEST(half_of_the_sessions_is_left_to_the_seat)
{
	reset();
	for (unsigned int i = 0; i < LIMIT_AWAY; i++)
		EXPECT_OK(limit_begin(&l, 0, true, 0));
	assert_int_equal(fill_away("host", 2 * LIMIT_AWAY, true), LIMIT_AWAY);
	for (unsigned int i = LIMIT_AWAY; i < LIMIT_SESSIONS; i++)
		EXPECT_OK(limit_begin(&l, 0, true, 0));
}

TEST_MAIN("authd/limit")
