/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/why.h"

#include "base/text.h"
#include "test.h"

TEST(why_puts_the_outer_clause_in_front)
{
	struct why why = { 0 };

	EXPECT_ERR(ERR_CARD,
	    why_add(&why, ERR_CARD, "status word %04x", 0x6a82u), "code");
	(void)why_add(&why, ERR_CARD, "certificate 9A");
	assert_string_equal(
	    why_text(&why, ERR_CARD), "certificate 9A: status word 6a82");
}

TEST(why_without_a_clause_is_the_errors_own_text)
{
	struct why why = { 0 };

	assert_string_equal(why_text(&why, ERR_ABSENT), err_text(ERR_ABSENT));
	assert_string_equal(why_text(NULL, ERR_ABSENT), err_text(ERR_ABSENT));
	EXPECT_ERR(ERR_IO, why_add(NULL, ERR_IO, "x"), "NULL is accepted");
}

TEST(why_cannot_move_a_cursor)
{
	struct why why = { 0 };

	(void)why_add(&why, ERR_CARD, "%s", "a\x1b[2Jb\nc\x7f\xc2\x9b\xff");
	assert_string_equal(why_text(&why, ERR_CARD), "a?[2Jb?c????");
}

TEST(why_is_bounded_and_stays_text_where_it_is_cut)
{
	struct why why = { 0 };
	char euro[3 * 170 + 1] = "";

	for (int i = 0; i < 170; i++)
		memcpy(euro + 3 * i, "\xe2\x82\xac", 4);
	for (int i = 0; i < 4; i++) {
		(void)why_add(&why, ERR_CARD, "%.*s%s", i, "abc", euro);
		assert_true(strlen(why.text) < WHY_MAX);
		assert_true(text_ok(span_str(why.text)));
	}
}

TEST(why_keeps_the_newest_clause_when_full)
{
	struct why why = { 0 };

	for (int i = 0; i < 200; i++)
		(void)why_add(&why, ERR_CARD, "clause %d", i);
	assert_int_equal(strncmp(why.text, "clause 199: clause 198", 22), 0);
}

TEST(why_may_quote_itself)
{
	struct why why = { 0 };

	(void)why_add(&why, ERR_CARD, "inner");
	(void)why_add(&why, ERR_CARD, "<%s>", why.text);
	assert_string_equal(why.text, "<inner>: inner");
}

TEST_MAIN("base/why")
