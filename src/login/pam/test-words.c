/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/words.h"

#include "test.h"

TEST(prompt_names_the_certificate)
{
	char out[WORDS_PROMPT_MAX];

	words_prompt("Certificate For PIV Authentication (demo)", out);
	assert_string_equal(
	    out, "Enter PIN for 'Certificate For PIV Authentication (demo)': ");
	words_prompt("", out);
	assert_string_equal(out, "Enter PIN for 'Unnamed certificate': ");
	words_prompt("100%s%n", out);
	assert_string_equal(out, "Enter PIN for '100%s%n': ");
}

TEST(rejection_tells_the_tries_left)
{
	static const struct {
		const char *message, *want;
		uint8_t tries;
	} rows[] = {
		{ "", "PIN rejected, 2 tries left", 2 },
		{ "", "PIN rejected, 1 try left", 1 },
		{ "", "PIN rejected", ANSWER_TRIES_UNKNOWN },
		{ "not a PIN", "not a PIN", 3 },
	};
	char out[WORDS_REJECTED_MAX];

	for (size_t i = 0; i < nitems(rows); i++) {
		struct answer_prompt p = { .tries = rows[i].tries };

		(void)snprintf(
		    p.message, sizeof(p.message), "%s", rows[i].message);
		words_rejected(&p, out);
		assert_string_equal(out, rows[i].want);
	}
}

TEST(only_yes_is_a_yes)
{
	static const char *no[] = { "", "y", "no", "yes ", " yes", "yess", "ja",
		"1" };

	assert_true(words_yes("yes") && words_yes("YES") && words_yes("Yes"));
	for (size_t i = 0; i < nitems(no); i++)
		assert_false(words_yes(no[i]));
}

static const struct answer_users three = { .n = 3,
	.users = { "alice", "1", "bob" } };

TEST(choice_lists_every_user)
{
	char out[WORDS_CHOICE_MAX];

	words_choice(&three, out);
	assert_string_equal(out,
	    "Several users have this card: 1 alice, 2 1, 3 bob. "
	    "Number or name: ");
}

TEST(choice_of_the_longest_names_is_cut_not_overrun)
{
	struct answer_users c = { .n = AUTH_USERS_MAX };
	char out[WORDS_CHOICE_MAX];

	for (size_t i = 0; i < AUTH_USERS_MAX; i++)
		memset(c.users[i], 'x', AUTH_NAME_MAX - 1);
	words_choice(&c, out);
	assert_true(strlen(out) < sizeof(out));
	assert_non_null(strstr(out, "name: "));
}

TEST(chosen_is_a_name_before_a_number_and_never_a_guess)
{
	static const struct {
		const char *text;
		bool ok;
		unsigned int index;
	} rows[] = {
		{ "alice", true, 0 },
		{ "3", true, 2 },
		{ "1", true, 1 }, /* the user called 1 */
		{ "2", true, 1 },
		{ "4", false, 0 },
		{ "0", false, 0 },
		{ "", false, 0 },
		{ "ali", false, 0 },
		{ "Alice", false, 0 },
		{ "03", false, 0 },
		{ "3 ", false, 0 },
		{ "4294967299", false, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned int index = 0;

		if (words_chosen(&three, rows[i].text, &index) != rows[i].ok ||
		    index != rows[i].index)
			fail_msg("\"%s\": index %u", rows[i].text, index);
	}
}

TEST(every_end_says_what_happened_and_what_to_do)
{
	char out[WORDS_END_MAX], bare[WORDS_END_MAX];

	for (unsigned int v = 0; v <= VERDICT_COUNT_ + 1; v++) {
		words_end((enum verdict)v, "REASON", out);
		words_end((enum verdict)v, "", bare);
		assert_non_null(strstr(out, "smart card login: REASON; "));
		assert_null(strstr(bare, ": ;"));
		/* the same advice, with and without a reason */
		assert_string_equal(strstr(out, "; "), strstr(bare, "; "));
		assert_true(strlen(strstr(bare, "; ")) > 10);
	}
	words_end(VERDICT_BLOCKED, "", bare);
	assert_string_equal(bare,
	    "smart card login: the card's PIN is blocked; "
	    "set a new PIN with the PUK (sc_auth changepin -u)");
}

TEST_MAIN("login/pam/words")
