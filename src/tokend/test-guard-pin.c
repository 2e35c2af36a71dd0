/* SPDX-License-Identifier: BSD-2-Clause */
/* Promise 2: the PIN counter is sacred. */
#include "tokend/rig.h"

#define PIV                            \
	"00a4040009a00000030800001000" \
	"00"
#define VERIFY_BAD "0020008008393939393939ffff"

static err_t
change(struct rig *r, uint64_t session, const char *old, const char *pin)
{
	CLEANUP(secret_free) struct secret *a = rig_pin(old), *b = rig_pin(pin);
	struct guard_ask ask = { .session = session };
	struct guard_answer ans;
	err_t e;

	guard_answer_init(&ans);
	e = guard_change_pin(r->guard, &ask, a, b, &ans);
	guard_settle(r->guard);
	guard_answer_done(&ans);
	return e;
}

static err_t
unblock(struct rig *r, const char *puk, const char *pin, bool last_try_ok)
{
	CLEANUP(secret_free) struct secret *a = rig_pin(puk), *b = rig_pin(pin);
	struct guard_ask ask = { .session = 1, .last_try_ok = last_try_ok };
	struct guard_answer ans;
	err_t e;

	guard_answer_init(&ans);
	e = guard_unblock(r->guard, &ask, a, b, &ans);
	guard_settle(r->guard);
	guard_answer_done(&ans);
	return e;
}

TEST(what_cannot_be_a_pin_is_not_sent)
{
	static const char *const texts[] = { "12345", "123456789", "secret",
		"12 456" };
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	for (size_t i = 0; i < nitems(texts); i++) {
		EXPECT_ERR(
		    ERR_PIN_FORM, rig_login(&r, 1, texts[i], NULL), texts[i]);
		EXPECT_ERR(ERR_PIN_FORM,
		    rig_verify_sign(&r, texts[i], true, NULL), texts[i]);
		EXPECT_ERR(
		    ERR_PIN_FORM, rig_sign(&r, 1, 0x9c, texts[i]), texts[i]);
		EXPECT_ERR(
		    ERR_PIN_FORM, change(&r, 1, texts[i], "654321"), texts[i]);
		EXPECT_ERR(
		    ERR_PIN_FORM, change(&r, 1, "123456", texts[i]), texts[i]);
	}
	assert_int_equal(r.apdus, 0);
	assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
	rig_close(&r);
}

TEST(a_refused_pin_is_never_presented_again)
{
	unsigned int tries;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999999", &tries), "first");
	assert_int_equal(tries, 2);
	for (int i = 0; i < 5; i++) {
		EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999999", &tries),
		    "the same session");
		assert_int_equal(tries, 2);
		EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 2, "999999", NULL),
		    "another session");
		EXPECT_ERR(ERR_PIN_WRONG, rig_sign(&r, 1, 0x9c, "999999"),
		    "for one use");
		EXPECT_ERR(ERR_PIN_WRONG,
		    rig_verify_sign(&r, "999999", true, NULL), "a login");
		EXPECT_ERR(ERR_PIN_WRONG, change(&r, 1, "999999", "111111"),
		    "as the old PIN");
		(void)rig_stranger(&r, PIV);
	}
	assert_int_equal(r.verifies, 1);
	assert_int_equal(vcard_tries(r.vcard, 0x80), 2);
	rig_close(&r);
}

TEST(the_last_try_is_not_spent_without_a_yes)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999991", NULL), "one");
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999992", NULL), "two");
	EXPECT_ERR(ERR_DENIED, rig_login(&r, 1, "123456", NULL), "login");
	EXPECT_ERR(ERR_DENIED, rig_sign(&r, 1, 0x9c, "123456"), "9C");
	EXPECT_ERR(ERR_DENIED, change(&r, 1, "123456", "654321"), "change");
	EXPECT_ERR(
	    ERR_DENIED, rig_verify_sign(&r, "123456", false, NULL), "a login");
	assert_int_equal(vcard_tries(r.vcard, 0x80), 1);
	EXPECT_OK(rig_verify_sign(&r, "123456", true, NULL));
	assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
	rig_close(&r);
}

TEST(tries_that_strangers_spent_are_seen)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	(void)rig_stranger(&r, PIV);
	assert_int_equal(rig_stranger(&r, VERIFY_BAD), 0x63c2);
	assert_int_equal(rig_stranger(&r, VERIFY_BAD), 0x63c1);
	EXPECT_ERR(
	    ERR_DENIED, rig_verify_sign(&r, "123456", false, NULL), "a login");
	EXPECT_ERR(ERR_DENIED, rig_login(&r, 1, "123456", NULL), "a session");
	assert_int_equal(r.verifies, 0);
	rig_close(&r);
}

TEST(a_session_does_not_spend_the_last_try_by_itself)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	(void)rig_stranger(&r, PIV);
	(void)rig_stranger(&r, VERIFY_BAD);
	assert_int_equal(rig_stranger(&r, VERIFY_BAD), 0x63c1);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A");
	assert_int_equal(r.verifies, 1);
	assert_int_equal(vcard_tries(r.vcard, 0x80), 1);
	rig_close(&r);
}

TEST(a_pin_that_a_stranger_changed_ends_the_session_after_one_try)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	(void)rig_stranger(&r, PIV);
	assert_int_equal(rig_stranger(&r,
			     "0024008010313233343536ffff"
			     "363534333231ffff"),
	    0x9000);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A");
	assert_int_equal(r.verifies, 2);
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL), "9A again");
	assert_int_equal(r.verifies, 2);
	EXPECT_OK(rig_login(&r, 1, "654321", NULL));
	rig_close(&r);
}

TEST(a_blocked_pin_is_not_presented)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	(void)rig_stranger(&r, PIV);
	for (int i = 0; i < 3; i++)
		(void)rig_stranger(&r, VERIFY_BAD);
	EXPECT_ERR(
	    ERR_PIN_BLOCKED, rig_login(&r, 1, "123456", NULL), "blocked");
	EXPECT_ERR(ERR_PIN_BLOCKED, rig_verify_sign(&r, "123456", true, NULL),
	    "a login");
	assert_int_equal(r.verifies, 0);
	EXPECT_OK(unblock(&r, "12345678", "111111", false));
	EXPECT_OK(rig_login(&r, 1, "111111", NULL));
	rig_close(&r);
}

TEST(a_new_pin_ends_the_sessions_of_others)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(rig_login(&r, 1, "123456", NULL));
	EXPECT_OK(rig_login(&r, 2, "123456", NULL));
	EXPECT_OK(change(&r, 1, "123456", "654321"));
	EXPECT_OK(rig_sign(&r, 1, 0x9a, NULL));
	EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 2, 0x9a, NULL), "the other");
	assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
	rig_close(&r);
}

TEST(the_last_try_of_a_puk_that_another_worker_heard_of_needs_a_yes)
{
	CLEANUP(secret_free) struct secret *puk = rig_pin("12345678");
	CLEANUP(secret_free) struct secret *pin = rig_pin("111111");
	struct guard_ask ask = {
		.session = 1, .puk_known = true, .puk_tries = 1
	};
	struct guard_answer a;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	guard_answer_init(&a);
	EXPECT_ERR(
	    ERR_DENIED, guard_unblock(r.guard, &ask, puk, pin, &a), "no yes");
	assert_int_equal(r.apdus, 0);
	ask.last_try_ok = true;
	EXPECT_OK(guard_unblock(r.guard, &ask, puk, pin, &a));
	guard_settle(r.guard);
	guard_answer_done(&a);
	rig_close(&r);
}

TEST(a_refused_puk_is_never_presented_again)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654321", "111111", false), "first");
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654321", "111111", true), "again");
	assert_int_equal(vcard_tries(r.vcard, 0x81), 2);
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654322", "111111", false), "second");
	EXPECT_ERR(ERR_DENIED, unblock(&r, "12345678", "111111", false),
	    "the last try");
	assert_int_equal(vcard_tries(r.vcard, 0x81), 1);
	EXPECT_OK(unblock(&r, "12345678", "111111", true));
	rig_close(&r);
}

/* The worker dies, and another one opens the same card with what it left. */
static void
next_worker(struct rig *r)
{
	guard_free(&r->guard);
	card_free(&r->card);
	token_free(&r->token);
	r->touched = CARD_WAS_RESET;
	vcard_reset(r->vcard);
	EXPECT_OK(rig_open(r, NULL));
}

TEST(what_a_card_refused_is_refused_by_its_next_worker)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999999", NULL), "PIN");
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654321", "111111", false), "PUK");
	next_worker(&r);
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, "999999", NULL), "again");
	EXPECT_ERR(ERR_PIN_WRONG, rig_verify_sign(&r, "999999", true, NULL),
	    "for a login");
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654321", "111111", true), "PUK");
	assert_int_equal(vcard_tries(r.vcard, 0x80), 2);
	assert_int_equal(vcard_tries(r.vcard, 0x81), 2);
	EXPECT_OK(change(&r, 1, "123456", "999999"));
	EXPECT_OK(rig_login(&r, 1, "999999", NULL));
	rig_close(&r);
}

/* An answer that is lost: the reader fails after the card has seen the PIN. */
TEST(a_pin_whose_answer_was_lost_is_presented_again_only_if_no_try_was_spent)
{
	static const struct {
		const char *why, *pin;
		bool dies; /* and its worker with it */
		err_t want;
	} rows[] = {
		{ "right", "123456", false, ERR_OK },
		{ "right, and its worker died", "123456", true, ERR_OK },
		{ "wrong", "999999", false, ERR_PIN_WRONG },
		{ "wrong, and its worker died", "999999", true, ERR_PIN_WRONG },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned int left;
		struct rig r;

		rig_setup(&r, 0, VCARD_P256);
		r.lose_verify = true;
		EXPECT_ERR(
		    ERR_IO, rig_login(&r, 1, rows[i].pin, NULL), rows[i].why);
		left = vcard_tries(r.vcard, 0x80);
		assert_int_equal(left, rows[i].want == ERR_OK ? 3 : 2);
		if (rows[i].dies)
			next_worker(&r);
		EXPECT_ERR(rows[i].want, rig_login(&r, 1, rows[i].pin, NULL),
		    rows[i].why);
		assert_int_equal(vcard_tries(r.vcard, 0x80), left);
		rig_close(&r);
	}
}

static struct buf told = { .max = MEMORY_BYTES };
static struct secret *told_key;

static void
note(void *ctx UNUSED, const struct secret *key, struct span bytes)
{
	buf_reset(&told);
	buf_put(&told, bytes);
	secret_free(&told_key);
	EXPECT_OK(secret_from(secret_span(key), &told_key));
}

/* A worker that hears it only after it has read the card, and asked it how many
 * tries are left. */
TEST(what_a_card_refused_may_come_late)
{
	static const char *const pins[] = { "999999", "999998" };
	struct guard_answer a;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	r.memory.changed = note;
	EXPECT_ERR(ERR_PIN_WRONG, rig_login(&r, 1, pins[0], NULL), "refused");
	r.lose_verify = true;
	EXPECT_ERR(ERR_IO, rig_login(&r, 1, pins[1], NULL), "lost");
	memory_done(&r.memory);
	EXPECT_OK(memory_init(&r.memory));
	next_worker(&r);
	guard_answer_init(&a);
	EXPECT_OK(
	    guard_tries(r.guard, &(struct guard_ask){ .session = 1 }, &a));
	assert_int_equal(a.tries, 1);
	guard_answer_done(&a);
	EXPECT_ERR(ERR_FORMAT, guard_remember(r.guard, NULL, buf_span(&told)),
	    "no key");
	EXPECT_OK(guard_remember(r.guard, told_key, buf_span(&told)));
	for (size_t i = 0; i < nitems(pins); i++)
		EXPECT_ERR(ERR_PIN_WRONG,
		    rig_verify_sign(&r, pins[i], true, NULL), pins[i]);
	assert_int_equal(vcard_tries(r.vcard, 0x80), 1);
	secret_free(&told_key);
	buf_done(&told);
	rig_close(&r);
}

TEST(a_puk_whose_answer_was_lost_is_not_presented_again)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	r.lose_verify = true;
	EXPECT_ERR(ERR_IO, unblock(&r, "87654321", "111111", false), "lost");
	EXPECT_ERR(
	    ERR_PIN_WRONG, unblock(&r, "87654321", "111111", true), "again");
	assert_int_equal(vcard_tries(r.vcard, 0x81), 2);
	rig_close(&r);
}

/* A whole visit: read, log in, sign with each kind of key, log out. */
static void
visit(struct rig *r)
{
	struct why why = { 0 };

	if (rig_open(r, &why) != ERR_OK)
		return;
	(void)rig_login(r, 1, "123456", NULL);
	if (token_find(r->token, 0x9a) != NULL)
		(void)rig_sign(r, 1, 0x9a, NULL);
	if (token_find(r->token, 0x9c) != NULL)
		(void)rig_sign(r, 1, 0x9c, "123456");
	if (token_find(r->token, 0x9a) != NULL)
		(void)rig_verify_sign(r, "123456", false, NULL);
	guard_logout(r->guard, 1);
	guard_settle(r->guard);
}

static unsigned int
visit_length(void)
{
	struct rig r;
	unsigned int n;

	rig_card(&r, 0, VCARD_P256);
	visit(&r);
	n = r.apdus;
	rig_close(&r);
	return n;
}

TEST(a_card_pulled_at_any_apdu_costs_no_try_and_opens_nothing)
{
	unsigned int n = visit_length();

	assert_true(n > 20);
	for (unsigned int k = 1; k <= n; k++) {
		struct rig r;

		rig_card(&r, 0, VCARD_P256);
		r.gone_at = k;
		visit(&r);
		assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
		if (r.guard != NULL) {
			assert_true(guard_dead(r.guard));
			EXPECT_ERR(ERR_REMOVED,
			    rig_login(&r, 1, "123456", NULL),
			    "after it has gone");
		}
		rig_close(&r);
	}
	print_message("%u steps\n", n);
}

TEST(a_reader_that_fails_at_any_apdu_costs_sessions_and_is_used_again)
{
	unsigned int n = visit_length();

	for (unsigned int k = 1; k <= n; k++) {
		struct rig r;

		rig_card(&r, 0, VCARD_P256);
		r.fail_at = k;
		visit(&r);
		assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
		if (r.guard != NULL && token_find(r.token, 0x9a) != NULL) {
			assert_false(r.held);
			EXPECT_ERR(ERR_PIN_NEEDED, rig_sign(&r, 1, 0x9a, NULL),
			    "no session survives");
			EXPECT_OK(rig_login(&r, 2, "123456", NULL));
			EXPECT_OK(rig_sign(&r, 2, 0x9a, NULL));
		}
		rig_close(&r);
	}
}

/* Each status word at each APDU: no PIN more than once for each request. */
TEST(a_card_that_refuses_at_any_apdu_gets_no_pin_twice)
{
	static const char *const words[] = { "6f00", "6982", "6a80", "6d00",
		"6c10", "6700", "63c1" };
	unsigned int n = visit_length();

	for (unsigned int k = 1; k <= n; k++) {
		for (size_t w = 0; w < nitems(words); w++) {
			char rule[64];
			struct rig r;

			(void)snprintf(rule, sizeof(rule),
			    "sw=%s at=%u times=1", words[w], k);
			rig_card(&r, 0, VCARD_P256);
			vcard_counts_clear(r.vcard);
			EXPECT_OK(vcard_misbehave(r.vcard, rule, NULL));
			visit(&r);
			/* login, 9C, verify-sign, and switches between them */
			assert_true(r.verifies <= 5);
			assert_false(r.held);
			rig_close(&r);
		}
	}
}

TEST_MAIN("tokend/guard-pin")
