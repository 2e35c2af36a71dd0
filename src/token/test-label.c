/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/label.h"

#include "base/text.h"
#include "test.h"

TEST(labels_hold_no_surprises)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "Jane Doe", "Jane Doe" },
		{ "J\xc3\xbcrgen", "J\xc3\xbcrgen" },
		{ "two\nlines", "two?lines" },
		{ "\x1b[2J", "?[2J" },
		{ "bad \xff\xc3(",
		    "bad ?"
		    "?(" },
		{ "cut \xe2\x82",
		    "cut ?"
		    "?" },
		{ "C1 \xc2\x9b",
		    "C1 ?"
		    "?" },
		{ "turned \xe2\x80\xae"
		  "abc",
		    "turned ???abc" },
		{ "isolate \xe2\x81\xa6x", "isolate ???x" },
		{ "surrogate \xed\xa0\x80",
		    "surrogate ?"
		    "?"
		    "?" },
		{ "", "" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		char out[64];

		label_clean(span_str(rows[i].in), out, sizeof(out));
		assert_string_equal(out, rows[i].want);
	}
}

TEST(a_label_is_cut_between_characters)
{
	char out[6];

	label_clean(span_str("abc\xe2\x82\xac"), out, sizeof(out));
	assert_string_equal(out, "abc");
	label_clean(span_str("ab\xe2\x82\xac"), out, sizeof(out));
	assert_string_equal(out, "ab\xe2\x82\xac");
}

TEST(labels_are_those_of_macos)
{
	char out[256];

	label_make(
	    "Certificate", "PIV Authentication", "Jane Doe", out, sizeof(out));
	assert_string_equal(
	    out, "Certificate For PIV Authentication (Jane Doe)");
	label_make("Key", "Retired Key 3", "", out, sizeof(out));
	assert_string_equal(out, "Key For Retired Key 3");
}

TEST(a_long_name_keeps_its_last_parenthesis)
{
	char name[300], out[48];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	label_make("Key", "Digital Signature", name, out, sizeof(out));
	assert_int_equal(strlen(out), sizeof(out) - 1);
	assert_int_equal(out[sizeof(out) - 2], ')');
}

TEST_MAIN("token/label")
