/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/pins.h"

#include "test.h"

static struct secret *
pin(const char *text)
{
	struct secret *s = NULL;

	EXPECT_OK(secret_from(span_str(text), &s));
	return s;
}

TEST(pins_know_what_was_sent)
{
	CLEANUP(pins_done) struct pins p = { 0 };
	CLEANUP(secret_free) struct secret *a = pin("123456");
	CLEANUP(secret_free) struct secret *b = pin("1234567");

	assert_false(pins_was_sent(&p, a));
	EXPECT_OK(pins_add(&p, a));
	assert_true(pins_was_sent(&p, a));
	assert_false(pins_was_sent(&p, b));
	assert_int_equal(pins_sent(&p), 1);
}

TEST(pins_stop_at_three)
{
	CLEANUP(pins_done) struct pins p = { 0 };
	CLEANUP(secret_free) struct secret *a = pin("123456");

	for (int i = 0; i < AUTH_TRIES; i++) {
		assert_true(pins_more(&p));
		assert_true(pins_turn(&p));
		EXPECT_OK(pins_add(&p, a));
	}
	assert_false(pins_more(&p));
	assert_false(pins_turn(&p));
	pins_give_back(&p); /* one of them was no PIN */
	assert_true(pins_turn(&p));
	EXPECT_OK(pins_add(&p, a));
	assert_false(pins_turn(&p));
	EXPECT_ERR(ERR_LIMIT, pins_add(&p, a), "a fifth");
}

TEST_MAIN("login/pam/pins")
