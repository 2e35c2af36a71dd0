/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/authd.h"

#include "test.h"
#include "tool/exits.h"

/* Anything but the one verdict that says so is a refusal. */
TEST(authd_only_one_verdict_is_a_yes)
{
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
