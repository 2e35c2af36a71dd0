/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/authd.h"

#include "test.h"
#include "tool/exits.h"

#define BODY(text) span_from((text), sizeof(text) - 1)

TEST(authd_users_are_names)
{
	static struct authd_users u;

	EXPECT_OK(authd_users_parse(BODY("\0\2\0\0\0\5alice\0\0\0\3bob"), &u));
	assert_int_equal(u.n, 2);
	assert_string_equal(u.names[0], "alice");
	assert_string_equal(u.names[1], "bob");
	EXPECT_OK(authd_users_parse(BODY("\0\0"), &u));
	assert_int_equal(u.n, 0);
}

TEST(authd_users_believe_nothing)
{
	static const struct {
		const char *why, *body;
		size_t n;
		err_t want;
	} rows[] = {
		{ "no count", "\0", 1, ERR_SHORT },
		{ "one name of two", "\0\2\0\0\0\1a", 7, ERR_SHORT },
		{ "two names of one", "\0\1\0\0\0\1a\0\0\0\1b", 12,
		    ERR_FORMAT },
		{ "seventeen users", "\0\x11", 2, ERR_LIMIT },
		{ "sixteen, none there", "\0\x10", 2, ERR_SHORT },
		{ "an empty name", "\0\1\0\0\0\0", 6, ERR_FORMAT },
		{ "a newline", "\0\1\0\0\0\2a\n", 8, ERR_FORMAT },
		{ "a NUL", "\0\1\0\0\0\2a\0", 8, ERR_FORMAT },
		{ "a length of 4 GiB", "\0\1\xff\xff\xff\xff", 6, ERR_LIMIT },
	};
	static struct authd_users u;

	u.n = 77;
	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(rows[i].want,
		    authd_users_parse(span_from(rows[i].body, rows[i].n), &u),
		    rows[i].why);
	assert_int_equal(u.n, 77);
}

TEST(authd_pair_result_and_every_cut_of_it)
{
	static const char good[] = "\0\1\0\0\0\0\0\0\0\1A\1";
	struct authd_pair p = { 0 };

	for (size_t n = 0; n < sizeof(good) - 1; n++)
		EXPECT_ERR(
		    ERR_SHORT, authd_pair_parse(span_from(good, n), &p), "cut");
	assert_int_equal(p.verdict, VERDICT_INTERNAL);
	EXPECT_OK(authd_pair_parse(BODY("\0\1\0\0\0\0\0\0\0\1A\1"), &p));
	assert_int_equal(p.verdict, VERDICT_OK);
	assert_string_equal(p.label, "A");
	assert_int_equal(p.notes, PAIR_NO_KEYRING_KEY);
	EXPECT_ERR(ERR_FORMAT, authd_pair_parse(span_from(good, 13), &p),
	    "a byte after it");
}

/* Anything but the one verdict that says so is a refusal. */
TEST(authd_unknown_verdict_is_a_refusal)
{
	struct authd_pair p;

	EXPECT_OK(authd_pair_parse(BODY("\xff\xff\0\0\0\0\0\0\0\0\0"), &p));
	assert_int_equal(p.verdict, VERDICT_INTERNAL);
	for (int v = 0; v < VERDICT_COUNT_ + 3; v++) {
		err_t e = authd_verdict((enum verdict)v);

		assert_int_equal(e == ERR_OK, v == VERDICT_OK);
		assert_int_equal(exits_of(e) == EXITS_OK, v == VERDICT_OK);
	}
}

TEST(authd_every_error_has_an_exit_code)
{
	for (int e = 1; e <= ERR_COUNT_ + 1; e++)
		assert_true(exits_of((err_t)e) != EXITS_OK);
	assert_int_equal(exits_of(ERR_ABSENT), 44);
	assert_int_equal(exits_of(ERR_SERVICE), 3);
	assert_int_equal(exits_of(ERR_PIN_WRONG), 4);
	assert_int_equal(exits_of(ERR_PIN_BLOCKED), 5);
}

TEST_MAIN("tool/authd")
