/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/attributes.h"

#include "test.h"

static const uint8_t cert[] = { 'a', 'b', 'c' };

static const struct scs_item item = {
	.slot = 0x9a,
	.cert_label = "C",
	.key_label = "K",
	.pkhh = { 1, 2, 3 },
	.pkhh_len = SCS_PKHH_SIZE,
	.alg = 0x07,
	.bits = 2048,
	.flags = SCS_ITEM_KEY | SCS_ITEM_SIGN,
	.cert = cert,
	.cert_len = sizeof(cert),
};

static const struct scs_token token = { .id = "T" };

static void
expect_names(enum item_class class, const char *want)
{
	struct attributes a;
	char got[128] = "";
	size_t at = 0;

	EXPECT_OK(attributes_of(&token, &item, class, &a));
	for (size_t i = 0; i < a.n; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s",
		    i > 0 ? " " : "", a.all[i].name);
	assert_string_equal(got, want);
}

TEST(attributes_have_a_fixed_order)
{
	expect_names(CLASS_CERTS, "labl tkid toid agrp pkhh sha1");
	expect_names(CLASS_KEYS,
	    "labl tkid toid agrp klbl kcls type bsiz sign decr drve");
	expect_names(CLASS_IDENTITIES,
	    "labl tkid toid agrp pkhh klbl kcls type bsiz sign decr drve sha1");
}

static void
expect_shown(const struct attribute *a, const char *want)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);

	attribute_print(a, &b);
	buf_put_u8(&b, 0);
	EXPECT_OK(buf_status(&b));
	assert_string_equal(b.p, want);
}

TEST(attributes_are_printed_as_documented)
{
	struct attributes a;

	EXPECT_OK(attributes_of(&token, &item, CLASS_IDENTITIES, &a));
	expect_shown(&a.all[0], "\"C\"");
	expect_shown(&a.all[2], "<9a>");
	expect_shown(&a.all[4],
	    "<01 02 03 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00>");
	expect_shown(&a.all[7], "42");
	expect_shown(&a.all[8], "2,048");
	expect_shown(&a.all[9], "true");
	expect_shown(&a.all[10], "false");
	/* FIPS 180-4: SHA-1 of "abc" */
	expect_shown(&a.all[12],
	    "<a9 99 3e 36 47 06 81 6a ba 3e 25 71 78 50 c2 6c 9c d0 d8 9d>");
}

TEST(attributes_numbers_in_groups_of_three)
{
	static const struct {
		unsigned int n;
		const char *want;
	} rows[] = { { 0, "0" }, { 256, "256" }, { 999, "999" },
		{ 1000, "1,000" }, { 65535, "65,535" },
		{ 1234567, "1,234,567" } };

	for (size_t i = 0; i < nitems(rows); i++) {
		struct attribute a = { .kind = ATTRIBUTE_NUMBER,
			.number = rows[i].n };

		expect_shown(&a, rows[i].want);
	}
}

TEST(attributes_classes)
{
	struct scs_item key_only = item, cert_only = item;

	key_only.cert = NULL;
	cert_only.flags = 0;
	assert_true(attributes_in_class(&item, CLASS_CERTS));
	assert_true(attributes_in_class(&item, CLASS_IDENTITIES));
	assert_false(attributes_in_class(&key_only, CLASS_CERTS));
	assert_false(attributes_in_class(&key_only, CLASS_IDENTITIES));
	assert_true(attributes_in_class(&key_only, CLASS_KEYS));
	assert_false(attributes_in_class(&cert_only, CLASS_KEYS));
	assert_false(attributes_in_class(&cert_only, CLASS_IDENTITIES));
}

TEST_MAIN("tool/attributes")
