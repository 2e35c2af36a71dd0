/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/pin.h"
#include "test.h"

TEST(only_six_to_eight_digits_are_a_pin)
{
	static const struct {
		const char *text;
		bool pin, puk;
	} rows[] = {
		{ "123456", true, true },
		{ "12345678", true, true },
		{ "12345", false, false },
		{ "123456789", false, false },
		{ "12345a", false, true },
		{ "12345 ", false, false },
		{ "-123456", false, true },
		{ "correct horse", false, false },
		{ "\xff\xff\xff\xff\xff\xff", false, false },
		{ "12345\xd9\xa6", false, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(secret_free) struct secret *s = NULL;

		EXPECT_OK(secret_from(span_str(rows[i].text), &s));
		if (piv_pin_ok(s) != rows[i].pin ||
		    piv_puk_ok(s) != rows[i].puk)
			fail_msg("\"%s\"", rows[i].text);
	}
	assert_false(piv_pin_ok(NULL));
	assert_false(piv_puk_ok(NULL));
}

TEST(a_block_is_filled_with_ff)
{
	CLEANUP(secret_free) struct secret *a = NULL, *b = NULL;
	CLEANUP(secret_free) struct secret *one = NULL, *two = NULL;

	EXPECT_OK(secret_from(span_str("123456"), &a));
	EXPECT_OK(secret_from(span_str("87654321"), &b));
	EXPECT_OK(piv_pin_block(a, NULL, &one));
	EXPECT_SPAN(secret_span(one), "123456\xff\xff");
	EXPECT_OK(piv_pin_block(a, b, &two));
	EXPECT_SPAN(secret_span(two),
	    "123456\xff\xff"
	    "87654321");
}

TEST(a_block_never_overflows)
{
	CLEANUP(secret_free) struct secret *a = NULL, *b = NULL, *out = NULL;

	EXPECT_OK(secret_from(span_str("123456789"), &a));
	EXPECT_OK(secret_from(span_str("123456"), &b));
	EXPECT_ERR(ERR_PIN_FORM, piv_pin_block(a, NULL, &out), "first");
	EXPECT_ERR(ERR_PIN_FORM, piv_pin_block(b, a, &out), "second");
	EXPECT_ERR(ERR_PIN_FORM, piv_pin_block(NULL, b, &out), "none");
}

TEST_MAIN("card/piv/pin")
