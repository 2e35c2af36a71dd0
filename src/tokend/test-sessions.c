/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/sessions.h"

#include "test.h"

static struct secret *
secret(const char *text)
{
	struct secret *s;

	EXPECT_OK(secret_from(span_str(text), &s));
	return s;
}

TEST(sessions_end_one_by_one_and_all)
{
	CLEANUP(secret_free) struct secret *a = secret("111111");
	CLEANUP(secret_free) struct secret *b = secret("222222");
	static struct sessions s;

	assert_false(sessions_any(&s));
	assert_null(sessions_pin(&s, 0));
	EXPECT_OK(sessions_put(&s, 1, a));
	EXPECT_OK(sessions_put(&s, 2, b));
	EXPECT_OK(sessions_put(&s, 1, b));
	assert_true(secret_eq(sessions_pin(&s, 1), b));
	sessions_end(&s, 1);
	assert_null(sessions_pin(&s, 1));
	assert_true(sessions_any(&s));
	sessions_end_all(&s);
	assert_false(sessions_any(&s));
}

TEST(sessions_are_bounded)
{
	CLEANUP(secret_free) struct secret *a = secret("111111");
	static struct sessions s;

	for (uint64_t i = 1; i <= SESSIONS_MAX; i++)
		EXPECT_OK(sessions_put(&s, i, a));
	assert_true(sessions_room(&s, 1));
	assert_false(sessions_room(&s, SESSIONS_MAX + 1));
	EXPECT_ERR(ERR_LIMIT, sessions_put(&s, SESSIONS_MAX + 1, a), "full");
	sessions_end_all(&s);
}

TEST_MAIN("tokend/sessions")
