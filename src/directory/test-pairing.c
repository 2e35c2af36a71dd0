/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/pairing.h"

#include "test.h"

#define HASH "0123456789ABCDEF0123456789ABCDEF01234567"

TEST(only_whole_pairings_pair)
{
	static const struct {
		const char *why, *value;
		err_t want;
	} rows[] = {
		{ "today's form", ";tokenidentity;" HASH, ERR_OK },
		{ "old form", ";pubkeyhash;" HASH, ERR_OK },
		{ "word in another case", ";TokenIdentity;" HASH, ERR_OK },
		{ "digits in lower case",
		    ";tokenidentity;0123456789abcdef0123456789abcdef01234567",
		    ERR_OK },
		{ "another kind", ";ShadowHash;" HASH, ERR_ABSENT },
		{ "no leading semicolon", "tokenidentity;" HASH, ERR_ABSENT },
		{ "empty", "", ERR_ABSENT },
		{ "the word alone", ";tokenidentity;", ERR_FORMAT },
		{ "a fourth part", ";tokenidentity;" HASH ";", ERR_FORMAT },
		{ "one digit short",
		    ";tokenidentity;0123456789ABCDEF0123456789ABCDEF0123456",
		    ERR_FORMAT },
		{ "one digit more", ";tokenidentity;" HASH "0", ERR_FORMAT },
		{ "not a digit",
		    ";tokenidentity;0123456789ABCDEF0123456789ABCDEF0123456G",
		    ERR_FORMAT },
		{ "blank before", ";tokenidentity; " HASH, ERR_FORMAT },
	};
	struct pkhh h;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(rows[i].want, pairing_parse(rows[i].value, &h),
		    rows[i].why);
}

TEST(a_pairing_prints_as_it_is_written)
{
	char text[PAIRING_VALUE_SIZE];
	struct pkhh h;

	EXPECT_OK(pairing_parse(
	    ";pubkeyhash;0123456789abcdef0123456789abcdef01234567", &h));
	pairing_print(&h, text);
	assert_string_equal(text, ";tokenidentity;" HASH);
}

TEST_MAIN("directory/pairing")
