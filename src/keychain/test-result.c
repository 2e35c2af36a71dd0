/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/result.h"

#include "test.h"

/* The numbers are a promise to programs that were built long ago. */
TEST(result_numbers_are_kept)
{
	static const struct {
		err_t e;
		int want;
	} rows[] = {
		{ ERR_OK, 0 },
		{ ERR_NOMEM, 1 },
		{ ERR_SERVICE, 2 },
		{ ERR_REMOVED, 3 },
		{ ERR_ABSENT, 4 },
		{ ERR_PIN_WRONG, 5 },
		{ ERR_PIN_BLOCKED, 6 },
		{ ERR_PIN_FORM, 7 },
		{ ERR_PIN_NEEDED, 8 },
		{ ERR_DENIED, 9 },
		{ ERR_UNSUPPORTED, 10 },
		{ ERR_CARD, 11 },
		{ ERR_IO, 12 },
		{ ERR_TIMEOUT, 13 },
		{ ERR_FORMAT, 14 },
		{ ERR_BUSY, 15 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		assert_int_equal(result_from_err(rows[i].e), rows[i].want);
		assert_int_equal(result_to_err(rows[i].want), rows[i].e);
	}
}

TEST(result_of_an_unknown_failure_is_not_success)
{
	for (int n = 1; n <= ERR_COUNT_ + 1; n++)
		assert_int_not_equal(result_from_err((err_t)n), SCS_OK);
	assert_int_equal(result_to_err(-1), ERR_FORMAT);
	assert_int_equal(result_to_err(16), ERR_FORMAT);
}

TEST(result_text_is_never_null)
{
	for (int n = -2; n < 20; n++)
		assert_non_null(scs_result_text(n));
	assert_string_equal(scs_result_text(SCS_PIN_WRONG), "the PIN is wrong");
	assert_string_equal(scs_result_text(99), "unknown result");
}

TEST_MAIN("keychain/result")
