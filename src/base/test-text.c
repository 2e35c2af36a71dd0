/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include "test.h"

static const struct {
	const char *why, *in, *clean;
} rows[] = {
	{ "empty", "", "" },
	{ "ASCII", "Example 00", "Example 00" },
	{ "two bytes", "M\xc3\xbcller", "M\xc3\xbcller" },
	{ "three bytes", "\xe2\x82\xac", "\xe2\x82\xac" },
	{ "four bytes", "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },
	{ "the last character", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
	{ "the last code point, which is none", "\xf4\x8f\xbf\xbf", "????" },
	{ "U+FFFF, which XML cannot hold", "\xef\xbf\xbf", "???" },
	{ "U+FFFE", "\xef\xbf\xbe", "???" },
	{ "its neighbour, the replacement", "\xef\xbf\xbd", "\xef\xbf\xbd" },
	{ "U+FDD0", "\xef\xb7\x90", "???" },
	{ "its neighbour", "\xef\xb7\x8f", "\xef\xb7\x8f" },
	{ "escape", "\x1b[31m", "?[31m" },
	{ "new line", "a\nb", "a?b" },
	{ "delete", "\x7f", "?" },
	{ "C1 in UTF-8", "\xc2\x9b", "??" },
	{ "C1 alone", "\x9b", "?" },
	{ "no-break space is no control", "\xc2\xa0", "\xc2\xa0" },
	{ "cut after the lead byte", "a\xe2", "a?" },
	{ "cut in the middle", "a\xe2\x82", "a??" },
	{ "continuation alone", "\x82z", "?z" },
	{ "lead, then ASCII", "\xc3z", "?z" },
	{ "overlong slash", "\xc0\xaf", "??" },
	{ "overlong in three", "\xe0\x80\xaf", "???" },
	{ "overlong in four", "\xf0\x80\x80\xaf", "????" },
	{ "surrogate", "\xed\xa0\x80", "???" },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", "????" },
	{ "no such lead byte", "\xf5\x80\x80\x80", "????" },
	{ "right to left",
	    "a\xe2\x80\xae"
	    "b",
	    "a???b" },
	{ "an isolate", "\xe2\x81\xa6", "???" },
	{ "Arabic letter mark", "\xd8\x9c", "??" },
	{ "line separator", "\xe2\x80\xa8", "???" },
	{ "its neighbour, a hyphen", "\xe2\x80\xa7", "\xe2\x80\xa7" },
	{ "byte FF", "\xff", "?" },
};

TEST(text_ok_is_utf8_without_controls_and_what_reorders)
{
	for (size_t i = 0; i < nitems(rows); i++) {
		bool want = strcmp(rows[i].in, rows[i].clean) == 0;

		if (text_ok(span_str(rows[i].in)) != want)
			fail_msg("%s", rows[i].why);
	}
}

TEST(text_clean_replaces_byte_by_byte)
{
	for (size_t i = 0; i < nitems(rows); i++) {
		char s[32];

		(void)snprintf(s, sizeof(s), "%s", rows[i].in);
		text_clean(s);
		if (strcmp(s, rows[i].clean) != 0)
			fail_msg("%s: got %s", rows[i].why, s);
		assert_true(text_ok(span_str(s)));
	}
}

TEST(text_may_be_kept_with_marks_of_direction)
{
	assert_true(text_may_be_kept(span_str("\xe2\x80\x8f\xd7\x90")));
	assert_false(text_may_be_kept(span_str("\x1b[31m")));
	assert_false(text_may_be_kept(span_str("\xe2\x80")));
}

TEST(text_with_a_nul_in_it_is_not_ok)
{
	assert_false(text_ok(span_from("a\0b", 3)));
}

TEST_MAIN("base/text")
