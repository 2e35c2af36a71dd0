/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/sw.h"
#include "test.h"

TEST(only_9000_is_success)
{
	for (uint32_t sw = 0; sw <= 0xffff; sw++) {
		if (sw == SW_OK)
			continue;
		assert_int_not_equal(sw_err((uint16_t)sw), ERR_OK);
		assert_int_not_equal(sw_check((uint16_t)sw, "x", NULL), ERR_OK);
	}
	EXPECT_OK(sw_check(SW_OK, "x", NULL));
}

TEST(a_wrong_pin_is_told_only_to_who_presented_one)
{
	EXPECT_ERR(ERR_CARD, sw_check(0x63c2, "x", NULL), "63C2");
	EXPECT_ERR(ERR_CARD, sw_check(0x6300, "x", NULL), "6300");
}

TEST(secret_answers_name_the_tries)
{
	static const struct {
		const char *why;
		uint16_t sw;
		err_t want;
		unsigned int tries; /* 99: untouched */
	} rows[] = {
		{ "right", 0x9000, ERR_OK, 99 },
		{ "wrong, two left", 0x63c2, ERR_PIN_WRONG, 2 },
		{ "wrong, fifteen left", 0x63cf, ERR_PIN_WRONG, 15 },
		{ "wrong, none left", 0x63c0, ERR_PIN_BLOCKED, 0 },
		{ "wrong, not said", 0x6300, ERR_PIN_WRONG, 99 },
		{ "wrong, two left, an early YubiKey", 0x6302, ERR_PIN_WRONG,
		    2 },
		{ "blocked", 0x6983, ERR_PIN_BLOCKED, 0 },
		{ "no such reference", 0x6a88, ERR_ABSENT, 99 },
		{ "nonsense", 0x1234, ERR_CARD, 99 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned int tries = 99;

		EXPECT_ERR(rows[i].want,
		    sw_check_secret(rows[i].sw, "PIN", &tries, NULL),
		    rows[i].why);
		assert_int_equal(tries, rows[i].tries);
	}
}

TEST(the_chain_names_the_command_and_the_word)
{
	struct why why = { 0 };

	EXPECT_ERR(ERR_ABSENT, sw_check(0x6a82, "reading", &why), "6A82");
	assert_string_equal(why_text(&why, ERR_ABSENT),
	    "reading: the card says not found (6A82)");
}

TEST_MAIN("card/sw")
