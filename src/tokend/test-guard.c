/* SPDX-License-Identifier: BSD-2-Clause */
/* Promise 1: who has not presented the PIN cannot use the key. */
#include "tokend/rig.h"

#define SIGN_9A                                                            \
	"0087119a26"                                                       \
	"7c2482008120"                                                     \
	"0000000000000000000000000000000000000000000000000000000000000001" \
	"00"
#define PIV                            \
	"00a4040009a00000030800001000" \
	"00"
#define VERIFY_OK "0020008008313233343536ffff"
#define VERIFY_BAD "0020008008393939393939ffff"

TEST(a_login_after_insertion_costs_two_commands)
{
	static const struct {
		const char *why;
		unsigned int flags;
		enum vcard_alg alg;
		unsigned int want;
	} rows[] = {
		{ "P-256", 0, VCARD_P256, 2 },
		{ "P-384", 0, VCARD_P384, 2 },
		{ "RSA 2048, extended", VCARD_EXTENDED, VCARD_RSA2048, 2 },
		{ "RSA 2048, short", 0, VCARD_RSA2048, 4 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		uint16_t apdus;
		struct rig r;

		rig_setup(&r, rows[i].flags, rows[i].alg);
		EXPECT_ERR(ERR_OK, rig_verify_sign(&r, "123456", false, &apdus),
		    rows[i].why);
		if (apdus != rows[i].want)
			fail_msg("%s: %u APDUs", rows[i].why, apdus);
		/* and one more to clear the status, after the answer */
		assert_int_equal(vcard_counts(r.vcard)->total, apdus + 1);
		assert_false(r.held);
		rig_close(&r);
	}
}

TEST(asking_for_the_tries_before_a_login_costs_no_command_more)
{
	struct guard_ask ask = { .session = 1 };
	struct guard_answer a;
	uint16_t apdus;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	guard_answer_init(&a);
	EXPECT_OK(guard_tries(r.guard, &ask, &a));
	guard_settle(r.guard);
	assert_int_equal(a.tries, 3);
	guard_answer_done(&a);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, &apdus));
	assert_int_equal(apdus, 2);
	rig_close(&r);
}

TEST(a_stranger_in_between_costs_select_and_status)
{
	uint16_t apdus;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	(void)rig_stranger(&r, PIV);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, &apdus));
	assert_int_equal(apdus, 4);
	rig_close(&r);
}

TEST(a_login_leaves_nothing_that_a_stranger_can_use)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	assert_int_equal(rig_stranger(&r, SIGN_9A), 0x6982);
	rig_close(&r);
}

TEST(without_login_no_pin_key_signs)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A");
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9c, NULL), "9C");
	assert_int_equal(r.verifies, 0);
	assert_int_equal(r.holds, 0); /* nobody was kept from the card */
	EXPECT_OK(rig_sign(&r, 1, 0x9e, NULL));
	assert_false(r.held);
	rig_close(&r);
}

TEST(a_status_that_a_stranger_left_is_not_relied_on)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	assert_int_equal(rig_stranger(&r, PIV), 0x9000);
	assert_int_equal(rig_stranger(&r, VERIFY_OK), 0x9000);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A");
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999999", NULL), "wrong");
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A again");
	rig_close(&r);
}

TEST(a_session_keeps_the_card_while_nobody_waits)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	assert_true(r.held);
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	assert_true(r.held);
	assert_int_equal(r.verifies, 1);
	assert_int_equal(r.apdus, 3);
	guard_logout(r.guard, 1);
	guard_settle(r.guard);
	assert_false(r.held);
	assert_int_equal(rig_stranger(&r, SIGN_9A), 0x6982);
	rig_close(&r);
}

TEST(a_stranger_who_waits_gets_a_card_without_status)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	assert_int_equal(rig_stranger(&r, SIGN_9A), 0x6982);
	assert_int_equal(r.logouts, 1);
	assert_int_equal(r.resets, 0);
	rig_close(&r);
}

TEST(after_a_hand_over_the_pin_is_presented_once)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	(void)rig_stranger(&r, PIV);
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	assert_int_equal(r.verifies, 2);
	rig_close(&r);
}

TEST(a_card_without_logout_is_reset_before_others_get_it)
{
	struct rig r;

	rig_setup(&r, VCARD_NO_CLEAR, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	assert_int_equal(rig_stranger(&r, PIV), 0x9000);
	assert_int_equal(r.resets, 1);
	assert_int_equal(rig_stranger(&r, SIGN_9A), 0x6982);
	/* our own reset does not end the session */
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	rig_close(&r);
}

TEST(a_session_cannot_use_what_another_has_opened)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 2, 0x9a, NULL), "session 2");
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	assert_int_equal(r.verifies, 1);
	rig_close(&r);
}

TEST(switching_between_sessions_clears_and_presents_again)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_OK(rig_login(&r, 2, "123456", NULL));
	assert_int_equal(r.logouts, 1);
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	assert_int_equal(r.logouts, 2);
	assert_int_equal(r.verifies, 3);
	EXPECT_OK(rig_sign(&r, 2, 0x9a, NULL));
	assert_int_equal(r.logouts, 3);
	assert_int_equal(r.verifies, 4);
	rig_close(&r);
}

TEST(a_wrong_pin_of_one_session_does_not_open_another)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 2, "999999", NULL), "2");
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 2, 0x9a, NULL), "2 signs");
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	rig_close(&r);
}

TEST(somebodys_reset_ends_every_session)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	(void)rig_stranger(&r, PIV);
	vcard_reset(r.vcard);
	r.touched = CARD_WAS_RESET;
	EXPECT_OK(rig_sign(&r, 2, 0x9e, NULL)); /* hears of the reset */
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "session 1");
	assert_int_equal(r.verifies, 1);
	rig_close(&r);
}

TEST(a_reset_is_noticed_by_the_session_itself)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	(void)rig_stranger(&r, PIV);
	vcard_reset(r.vcard);
	r.touched = CARD_WAS_RESET;
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "session 1");
	assert_int_equal(r.verifies, 1);
	rig_close(&r);
}

TEST(nine_c_wants_the_pin_for_each_use)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9c, NULL), "no PIN");
	EXPECT_OK(rig_sign(&r, 1, 0x9c, "123456"));
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9c, NULL), "again");
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	assert_int_equal(r.verifies, 2);
	rig_close(&r);
}

TEST(a_pin_for_one_use_opens_no_session)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_sign(&r, 1, 0x9c, "123456"));
	assert_false(r.held);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A");
	assert_int_equal(rig_stranger(&r, SIGN_9A), 0x6982);
	rig_close(&r);
}

TEST(so_does_its_question_for_the_tries_and_nobody_elses)
{
	struct guard_ask ask = { .session = 1 };
	struct guard_answer a;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	r.exclusive = true;
	guard_answer_init(&a);
	EXPECT_ERR(ERR_BUSY, guard_tries(r.guard, &ask, &a), "no login");
	assert_int_equal(r.taken, 0);
	ask.login = true;
	EXPECT_OK(guard_tries(r.guard, &ask, &a));
	assert_int_equal(r.taken, 1);
	guard_settle(r.guard);
	guard_answer_done(&a);
	rig_close(&r);
}

TEST(a_login_takes_the_card_from_an_idle_exclusive_holder)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	r.exclusive = true;
	EXPECT_ERR(ERR_BUSY, rig_login(&r, 1, "123456", NULL), "a session");
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	assert_int_equal(r.taken, 1);
	rig_close(&r);
}

TEST(a_login_ends_no_session_of_others_and_opens_none)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_OK(rig_verify_sign(&r, "123456", false, NULL));
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 77, 0x9a, NULL), "authd's");
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	rig_close(&r);
}

TEST(the_probe_tells_a_key_that_signs_without_pin)
{
	static const struct {
		uint8_t slot;
		bool signs;
	} rows[] = { { 0x9a, false }, { 0x9e, true } };

	for (size_t i = 0; i < nitems(rows); i++) {
		struct guard_answer a;
		bool signs = !rows[i].signs;
		struct rig r;

		rig_setup(&r, 0, VCARD_P256);
		/* a status of a stranger and a session change nothing */
		assert_int_equal(rig_stranger(&r, PIV), 0x9000);
		assert_int_equal(rig_stranger(&r, VERIFY_OK), 0x9000);
		EXPECT_OK(rig_login(&r, 1, "123456", NULL));
		guard_answer_init(&a);
		EXPECT_OK(guard_probe(
		    r.guard, token_find(r.token, rows[i].slot), &signs, &a));
		assert_int_equal(signs, rows[i].signs);
		assert_int_equal(a.out.n, 0);
		guard_answer_done(&a);
		guard_settle(r.guard);
		EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
		rig_close(&r);
	}
}

TEST_MAIN("tokend/guard")
