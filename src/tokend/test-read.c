/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card is read as when it goes in, good and bad cards. */
#include "tokend/rig.h"
#include "vcard/authority.h"

static bool
has_problem(const struct token *t, const char *part)
{
	for (size_t i = 0; i < t->problems_n; i++)
		if (strstr(t->problems[i], part) != NULL)
			return true;
	return false;
}

TEST(a_good_card_is_a_token_as_on_macos)
{
	static const uint8_t guid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
		0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	struct vcard_profile p = { .guid = SPAN_OF(guid) };
	const struct token_item *i;
	struct rig r = { .touched = CARD_TOUCHED };

	EXPECT_OK(vcard_new(&p, &r.vcard));
	EXPECT_OK(vcard_generate(r.vcard, 0x9a, VCARD_RSA2048));
	rig_certify(r.vcard, 0x9a, "Jane Doe");
	EXPECT_OK(vcard_generate(r.vcard, 0x9d, VCARD_P384));
	rig_certify(r.vcard, 0x9d, "Jane Doe");
	vcard_power(r.vcard, true);
	EXPECT_OK(rig_open(&r, NULL));
	assert_string_equal(
	    r.token->id, "com.apple.pivtoken:00112233445566778899AABBCCDDEEFF");
	assert_string_equal(
	    r.token->driver, "com.apple.CryptoTokenKit.pivtoken");
	assert_int_equal(r.token->pin_min, 6);
	assert_int_equal(r.token->pin_max, 8);
	assert_int_equal(r.token->items_n, 2);
	i = token_find(r.token, 0x9a);
	assert_string_equal(
	    i->label_cert, "Certificate For PIV Authentication (Jane Doe)");
	assert_string_equal(
	    i->label_key, "Key For PIV Authentication (Jane Doe)");
	assert_int_equal(i->alg, 0x07);
	assert_int_equal(i->bits, 2048);
	assert_int_equal(i->flags, ITEM_KEY | ITEM_SIGN | ITEM_LOGIN);
	i = token_find(r.token, 0x9d);
	assert_int_equal(i->alg, 0x14);
	assert_int_equal(i->flags, ITEM_KEY | ITEM_DERIVE);
	assert_true(has_problem(r.token, "slot 9C has no certificate"));
	assert_true(has_problem(r.token,
	    "slot 9E has no certificate: doors that ask for no PIN do not know "
	    "this card"));
	rig_close(&r);
}

TEST(a_whole_card_has_no_problem)
{
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->problems_n, 0);
	rig_close(&r);
}

TEST(an_expired_card_says_since_when)
{
	static const struct {
		const char *expiry, *want;
	} rows[] = {
		{ "20200229", "the card has expired on 2020-02-29: " },
		{ "20201332", "no day on which the card expires (20201332)" },
		{ "99991231", NULL },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct vcard_profile p = { .expiry = rows[i].expiry };
		struct rig r = { .touched = CARD_TOUCHED };

		EXPECT_OK(vcard_new(&p, &r.vcard));
		vcard_power(r.vcard, true);
		EXPECT_OK(rig_open(&r, NULL));
		assert_int_equal(
		    has_problem(r.token, "expire"), rows[i].want != NULL);
		if (rows[i].want != NULL)
			assert_true(has_problem(r.token, rows[i].want));
		rig_close(&r);
	}
}

static void
seal(struct rig *r)
{
	CLEANUP(vcard_authority_free) struct vcard_authority *a = NULL;

	EXPECT_OK(vcard_authority_new(VCARD_P256, "Authority", &a));
	EXPECT_OK(vcard_seal(r->vcard, a, NULL));
}

TEST(a_sealed_card_that_was_changed_says_where)
{
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	seal(&r);
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->problems_n, 0);
	rig_close(&r);

	rig_card(&r, 0, VCARD_P256);
	seal(&r);
	rig_certify(r.vcard, 0x9a, "Mallory");
	EXPECT_OK(vcard_put_object(r.vcard, 0x5fc102,
	    span_from("\x34\x10"
		      "0123456789abcdef",
		18)));
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->problems_n, 1);
	assert_string_equal(r.token->problems[0],
	    "the Security Object has another hash for CHUID, 9A: changed since "
	    "the card was issued");
	/* it is told; it decides nothing */
	assert_int_equal(
	    token_find(r.token, 0x9a)->flags & ITEM_LOGIN, ITEM_LOGIN);
	rig_close(&r);
}

TEST(a_malformed_security_object_is_told)
{
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(vcard_put_object(r.vcard, 0x5fc106, span_from("\xba\0", 2)));
	EXPECT_OK(rig_open(&r, NULL));
	assert_true(has_problem(r.token, "the Security Object is malformed"));
	rig_close(&r);
}

/* Twenty retired slots with rubbish in them. */
TEST(many_problems_do_not_hide_a_changed_object)
{
	static const uint8_t history[] = { 0xc1, 1, 20, 0xc2, 1, 0, 0xf3, 0,
		0xfe, 0 };
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	seal(&r);
	rig_certify(r.vcard, 0x9a, "Mallory");
	EXPECT_OK(vcard_put_object(r.vcard, 0x5fc10c, SPAN_OF(history)));
	for (uint8_t slot = 0x82; slot <= 0x95; slot++)
		EXPECT_OK(vcard_put_object(
		    r.vcard, vcard_cert_tag(slot), span_from("\x70\x01x", 3)));
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->problems_n, TOKEN_PROBLEMS_MAX);
	assert_true(has_problem(r.token, "the Security Object has another"));
	rig_close(&r);
}

TEST(a_missing_9d_says_what_that_prevents)
{
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(vcard_put_object(r.vcard, vcard_cert_tag(0x9d), SPAN_NONE));
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->items_n, 3);
	assert_true(has_problem(r.token,
	    "slot 9D has no certificate: the keyring and encrypted disks "
	    "cannot be unlocked with this card"));
	rig_close(&r);
}

TEST(a_malformed_certificate_is_named_and_costs_only_itself)
{
	static const char *const bad[] = { "70033001057101", "7003300105710100",
		"70023001710101", "ff", "7000" };

	for (size_t i = 0; i < nitems(bad); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);
		struct rig r;

		rig_card(&r, 0, VCARD_P256);
		EXPECT_OK(hex_decode(span_str(bad[i]), &b));
		EXPECT_OK(vcard_put_object(
		    r.vcard, vcard_cert_tag(0x9c), buf_span(&b)));
		EXPECT_OK(rig_open(&r, NULL));
		assert_null(token_find(r.token, 0x9c));
		assert_true(has_problem(r.token, "slot 9C has"));
		EXPECT_OK(rig_login(&r, 1, "123456", NULL));
		EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
		rig_close(&r);
	}
}

TEST(a_card_without_guid_has_a_name_that_stays)
{
	char first[TOKEN_ID_MAX] = "";
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	for (int i = 0; i < 2; i++) {
		struct rig again = { .vcard = r.vcard,
			.touched = CARD_TOUCHED };

		/* GUID all zero, then no CHUID at all */
		EXPECT_OK(vcard_put_object(r.vcard, 0x5fc102,
		    i == 0 ? span_from("\x34\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				       "\0",
				 18)
			   : SPAN_NONE));
		EXPECT_OK(rig_open(&again, NULL));
		assert_int_equal(strlen(again.token->id), 19 + 32);
		if (i == 0)
			(void)snprintf(
			    first, sizeof(first), "%s", again.token->id);
		assert_string_equal(again.token->id, first);
		assert_int_equal(has_problem(again.token, "no CHUID"), i == 1);
		assert_int_equal(has_problem(again.token, "no GUID"), i == 0);
		again.vcard = NULL;
		rig_close(&again);
	}
	rig_close(&r);
}

TEST(retired_keys_are_found_by_their_count)
{
	static const uint8_t history[] = { 0xc1, 1, 2, 0xc2, 1, 1, 0xf3, 0,
		0xfe, 0 };
	const struct token_item *i;
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(vcard_generate(r.vcard, 0x82, VCARD_RSA2048));
	rig_certify(r.vcard, 0x82, "Old");
	EXPECT_OK(vcard_generate(r.vcard, 0x84, VCARD_P256));
	rig_certify(r.vcard, 0x84, "Older");
	EXPECT_OK(vcard_put_object(r.vcard, 0x5fc10c, SPAN_OF(history)));
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->items_n, 6);
	i = token_find(r.token, 0x82);
	assert_string_equal(
	    i->label_cert, "Certificate For Retired Key 1 (Old)");
	assert_int_equal(i->flags, ITEM_KEY | ITEM_DECRYPT);
	assert_int_equal(i->pin, PIN_POLICY_ONCE);
	assert_non_null(token_find(r.token, 0x84));
	rig_close(&r);
}

TEST(retired_keys_are_found_without_their_count)
{
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(vcard_generate(r.vcard, 0x82, VCARD_RSA2048));
	rig_certify(r.vcard, 0x82, "Old");
	EXPECT_OK(vcard_generate(r.vcard, 0x83, VCARD_P256));
	rig_certify(r.vcard, 0x83, "Older");
	EXPECT_OK(rig_open(&r, NULL));
	assert_int_equal(r.token->items_n, 6);
	assert_non_null(token_find(r.token, 0x82));
	assert_non_null(token_find(r.token, 0x83));
	rig_close(&r);
}

TEST(reading_four_certificates_is_bounded_in_apdus)
{
	static const struct {
		unsigned int flags, most;
	} rows[] = { { VCARD_EXTENDED, 11 }, { 0, 30 } };

	for (size_t i = 0; i < nitems(rows); i++) {
		struct rig r;

		rig_card(&r, rows[i].flags, VCARD_RSA2048);
		EXPECT_OK(rig_open(&r, NULL));
		print_message("%u APDUs\n", r.apdus);
		assert_true(r.apdus <= rows[i].most);
		rig_close(&r);
	}
}

TEST(a_card_of_another_kind_is_left_in_peace)
{
	struct why why = { 0 };
	struct rig r;

	rig_card(&r, 0, VCARD_P256);
	EXPECT_OK(vcard_misbehave(r.vcard, "sw=6a82 ins=a4", NULL));
	EXPECT_ERR(ERR_ABSENT, rig_open(&r, &why), "no PIV application");
	assert_int_equal(r.apdus, 1);
	assert_false(r.held);
	rig_close(&r);
}

TEST(every_misbehaviour_while_reading_ends_in_a_token_or_a_reason)
{
	static const char *const rules[] = { "cut=1", "cut=40", "pad=3",
		"garbage=200", "oversize=60000", "sw=6f00", "sw-keep=6281",
		"length=255", "raw=90", "raw=", "data=5300" };
	unsigned int tokens = 0, reasons = 0;

	for (unsigned int at = 1; at < 30; at++) {
		for (size_t i = 0; i < nitems(rules); i++) {
			struct why why = { 0 };
			char rule[64];
			struct rig r;

			(void)snprintf(
			    rule, sizeof(rule), "%s at=%u", rules[i], at);
			rig_card(&r, 0, VCARD_P256);
			vcard_counts_clear(r.vcard);
			EXPECT_OK(vcard_misbehave(r.vcard, rule, NULL));
			if (rig_open(&r, &why) == ERR_OK) {
				assert_int_equal(strlen(r.token->id), 19 + 32);
				tokens++;
			} else {
				assert_true(why.text[0] != '\0');
				reasons++;
			}
			assert_false(r.held);
			assert_int_equal(r.verifies, 0);
			rig_close(&r);
		}
	}
	assert_true(tokens > 0 && reasons > 0);
	print_message("%u tokens, %u reasons\n", tokens, reasons);
}

TEST_MAIN("tokend/read")
