/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/args.h"

#include "test.h"

static err_t
parse(const char *a, const char *b, struct args *out, struct why *why)
{
	const char *argv[] = { a, b };

	return args_parse(a == NULL ? 0 : b == NULL ? 1 : 2, argv, out, why);
}

TEST(args_refuse_what_they_do_not_know)
{
	static const struct {
		const char *a, *b;
		err_t want;
	} rows[] = {
		{ NULL, NULL, ERR_OK },
		{ "use_first_pass", "debug", ERR_OK },
		{ "no_check_shell", "pkinit", ERR_OK },
		{ "use_first_pas", NULL, ERR_FORMAT },
		{ "debug", "nullok", ERR_FORMAT },
		{ "", NULL, ERR_FORMAT },
		{ "debug=1", NULL, ERR_FORMAT },
		{ "ignore_no_card=yes", NULL, ERR_FORMAT },
		{ "prefix=/p", NULL, ERR_OK },
		{ "prefix=", NULL, ERR_FORMAT },
		{ "prefix", NULL, ERR_FORMAT },
		{ "prefix=p", NULL, ERR_FORMAT },
		{ "prefix=/a/../b", NULL, ERR_FORMAT },
		{ "timeout=1", NULL, ERR_OK },
		{ "timeout=600", NULL, ERR_OK },
		{ "timeout=601", NULL, ERR_FORMAT },
		{ "timeout=0", NULL, ERR_FORMAT },
		{ "timeout=-1", NULL, ERR_FORMAT },
		{ "timeout= 5", NULL, ERR_FORMAT },
		{ "timeout=5s", NULL, ERR_FORMAT },
		{ "timeout=", NULL, ERR_FORMAT },
		{ "timeout=4294967301", NULL, ERR_FORMAT },
		{ "timeout=18446744073709551621", NULL, ERR_FORMAT },
		{ "auth_uid=5", NULL, ERR_FORMAT }, /* without prefix */
		{ "auth_uid=5", "prefix=/p", ERR_OK },
		{ "prefix=/p", "auth_uid=4294967294", ERR_OK },
		{ "prefix=/p", "auth_uid=4294967295", ERR_FORMAT },
		{ "prefix=/p", "auth_uid=x", ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct args a = { .timeout_s = 7 };
		struct why why = { 0 };
		err_t e = parse(rows[i].a, rows[i].b, &a, &why);

		EXPECT_ERR(rows[i].want, e, rows[i].a ? rows[i].a : "none");
		if (e != ERR_OK) {
			assert_int_equal(a.timeout_s, 7); /* untouched */
			assert_true(why.text[0] != '\0');
		}
	}
}

TEST(args_name_the_bad_one)
{
	struct why why = { 0 };
	struct args a;

	EXPECT_ERR(ERR_FORMAT, parse("debug", "nullok", &a, &why), "nullok");
	assert_non_null(strstr(why.text, "\"nullok\""));
}

TEST(args_default_to_asking_and_to_failing_without_a_card)
{
	struct args a;

	EXPECT_OK(parse(NULL, NULL, &a, NULL));
	assert_false(a.use_first_pass || a.try_first_pass);
	assert_false(a.ignore_no_card);
	assert_null(a.prefix);
	assert_int_equal(a.timeout_s, ARGS_TIMEOUT_DEFAULT);
}

TEST(args_stricter_word_wins_in_any_order)
{
	struct args a;

	EXPECT_OK(parse("ignore_no_card", NULL, &a, NULL));
	assert_true(a.ignore_no_card);
	EXPECT_OK(parse("ignore_no_card", "no_ignore", &a, NULL));
	assert_false(a.ignore_no_card);
	EXPECT_OK(parse("no_ignore", "ignore_no_card", &a, NULL));
	assert_false(a.ignore_no_card);
	EXPECT_OK(parse("try_first_pass", "use_first_pass", &a, NULL));
	assert_true(a.use_first_pass && !a.try_first_pass);
}

TEST_MAIN("login/pam/args")
