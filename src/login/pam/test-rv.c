/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/rv.h"

#include <security/_pam_types.h>

#include "test.h"

TEST(rv_only_a_yes_is_success_and_nothing_is_ignored)
{
	for (unsigned int v = 0; v <= UINT16_MAX; v++) {
		int rc = rv_verdict((enum verdict)v);

		assert_int_equal(rc == PAM_SUCCESS, v == VERDICT_OK);
		assert_int_not_equal(rc, PAM_IGNORE);
	}
}

TEST(rv_no_error_is_success_or_ignored)
{
	for (unsigned int e = 0; e <= ERR_COUNT_ + 5; e++) {
		int rc = rv_err((err_t)e);

		assert_int_not_equal(rc, PAM_SUCCESS);
		assert_int_not_equal(rc, PAM_IGNORE);
		/* "the password has expired" would let a stack go on */
		assert_int_not_equal(rc, PAM_NEW_AUTHTOK_REQD);
	}
}

TEST(rv_six_ways_to_fail_are_six_codes)
{
	static const enum verdict six[] = { VERDICT_NO_CARD, VERDICT_NOT_PAIRED,
		VERDICT_REFUSED, VERDICT_WRONG_PIN, VERDICT_BLOCKED,
		VERDICT_SERVICE };

	for (size_t i = 0; i < nitems(six); i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(
			    rv_verdict(six[i]), rv_verdict(six[k]));
	}
}

TEST(rv_table_is_the_documented_one)
{
	static const struct {
		enum verdict v;
		int rc;
		const char *name;
	} rows[] = {
		{ VERDICT_OK, PAM_SUCCESS, "ok" },
		{ VERDICT_NO_CARD, PAM_CRED_UNAVAIL, "no_card" },
		{ VERDICT_NOT_PAIRED, PAM_CRED_INSUFFICIENT, "not_paired" },
		{ VERDICT_REFUSED, PAM_PERM_DENIED, "refused" },
		{ VERDICT_WRONG_PIN, PAM_AUTH_ERR, "wrong_pin" },
		{ VERDICT_BLOCKED, PAM_MAXTRIES, "blocked" },
		{ VERDICT_NO_CONSENT, PAM_AUTH_ERR, "no_consent" },
		{ VERDICT_CARD_ERROR, PAM_CRED_ERR, "card_error" },
		{ VERDICT_SERVICE, PAM_AUTHINFO_UNAVAIL, "service" },
		{ VERDICT_INTERNAL, PAM_SYSTEM_ERR, "internal" },
	};

	assert_int_equal(nitems(rows), VERDICT_COUNT_);
	for (size_t i = 0; i < nitems(rows); i++) {
		assert_int_equal(rv_verdict(rows[i].v), rows[i].rc);
		assert_string_equal(rv_verdict_name(rows[i].v), rows[i].name);
	}
}

TEST_MAIN("login/pam/rv")
