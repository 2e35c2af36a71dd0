/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card that lost its power and nobody saw it: the machine slept, the contact
 * is bad, or it is another card. As after somebody's reset, no session outlives
 * it, and no PIN is presented but by a person.
 */
#include "tokend/rig.h"

#define PIV "00a4040009a0000003080000100000"

/* Cards whose application is there after a reset, and cards where it is not. */
static const struct {
	const char *why;
	bool current;
} cards[] = { { "PIV is current", true }, { "PIV is not", false } };

/* Not through the reader service: it hears of nothing. */
static void
lose_power(struct rig *r, bool current)
{
	CLEANUP(buf_done) struct buf cmd = BUF_INIT(64);
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);

	vcard_reset(r->vcard);
	if (!current)
		return;
	EXPECT_OK(hex_decode(span_str(PIV), &cmd));
	EXPECT_OK(vcard_transmit(r->vcard, buf_span(&cmd), &resp));
}

TEST(no_session_outlives_the_cards_power)
{
	for (size_t i = 0; i < nitems(cards); i++) {
		struct rig r;

		rig_setup(&r, 0, VCARD_P256);
		EXPECT_OK(rig_login(&r, 1, "123456", NULL));
		EXPECT_OK(rig_login(&r, 2, "123456", NULL));
		EXPECT_OK(rig_sign(&r, 2, 0x9a, NULL));
		r.verifies = 0;
		lose_power(&r, cards[i].current);
		for (unsigned int n = 0; n < 3; n++) {
			EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 2, 0x9a, NULL),
			    cards[i].why);
			EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL),
			    cards[i].why);
		}
		assert_int_equal(r.verifies, 0);
		assert_false(r.held);
		EXPECT_OK(rig_login(&r, 1, "123456", NULL));
		EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
		rig_close(&r);
	}
}

TEST(nor_does_it_when_another_logs_in_first)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	lose_power(&r, false);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	r.verifies = 0;
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "session 1");
	assert_int_equal(r.verifies, 0);
	rig_close(&r);
}

TEST(nor_when_others_get_the_card_first)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	lose_power(&r, false);
	(void)rig_stranger(&r, PIV);
	r.verifies = 0;
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "session 1");
	assert_int_equal(r.verifies, 0);
	rig_close(&r);
}

TEST(a_key_without_pin_is_back_after_one_failure)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_sign(&r, 1, 0x9e, NULL));
	lose_power(&r, false);
	(void)rig_sign(&r, 1, 0x9e, NULL);
	EXPECT_OK(rig_sign(&r, 1, 0x9e, NULL));
	rig_close(&r);
}

TEST(a_login_is_back_after_one_failure)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	lose_power(&r, false);
	(void)rig_verify_sign(&r, "123456", false, NULL);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	rig_close(&r);
}

TEST(a_refusal_for_another_reason_ends_no_session)
{
	static const char *const rules[] = { "sw=6a81 ins=87 times=1",
		"sw=6982 ins=87 times=1", "sw=6a80 ins=87 times=1" };

	for (size_t i = 0; i < nitems(rules); i++) {
		struct rig r;

		rig_setup(&r, 0, VCARD_P256);
		EXPECT_OK(rig_login(&r, 1, "123456", NULL));
		EXPECT_OK(vcard_misbehave(r.vcard, rules[i], NULL));
		assert_int_not_equal(rig_sign(&r, 1, 0x9a, NULL), ERR_OK);
		EXPECT_ERR(ERR_OK, rig_sign(&r, 1, 0x9a, NULL), rules[i]);
		rig_close(&r);
	}
}

TEST_MAIN("tokend/guard-power")
