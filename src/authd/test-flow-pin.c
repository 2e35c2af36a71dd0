/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIN counter is sacred: what reaches the card, and what never does; and
 * what callers that are not root may do. `presented` counts PINs on the card.
 */
#include <unistd.h>

#include "authd/flow.h"
#include "authd/limit.h"
#include "base/clock.h"
#include "base/path.h"
#include "test.h"

#define PIN "123456"
#define LABEL "Certificate For PIV Authentication (Jane Example)"
#define ASK AUTH_INTERACTIVE
#define NOBODY 65534 /* USER_A's uid on Debian */

TEST(a_wrong_pin_is_asked_again_with_the_tries_told)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_string_equal(c.message, "");
	assert_string_equal(c.label, LABEL);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_PROMPT);
	assert_int_equal(c.tries, 2);
	assert_int_equal(c.last, 0);
	assert_non_null(strstr(c.message, "2 tries left"));
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_int_equal(flow.fake->presented, 2);
}

TEST(a_refused_pin_is_not_sent_twice)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_PROMPT);
	assert_non_null(strstr(c.message, "not sent again"));
	assert_int_equal(flow.fake->presented, 1);
	assert_int_equal(flow.fake->tries, 2);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
}

TEST(three_tries_end_the_conversation)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow.fake->tries = 9;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "222222", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "333333", 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_WRONG_PIN);
	assert_non_null(strstr(c.reason, "6 tries left"));
	assert_int_equal(flow.fake->presented, 3);
}

TEST(what_cannot_be_a_pin_is_not_sent)
{
	static const char *const rows[] = { "12345", "123456789", "password",
		"12345a", "123 456", "12345\xc3\xa9" };

	flow_reset(FAKE_P256);
	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(caller_done) struct caller c;

		caller_open(&c, geteuid());
		assert_int_equal(
		    caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
		if (caller_pin(&c, rows[i], 1) != AUTH_PROMPT ||
		    strstr(c.message, "was not sent") == NULL)
			fail_msg("\"%s\" was sent to the card", rows[i]);
	}
	assert_int_equal(flow.fake->presented, 0);
}

TEST(a_password_handed_on_burns_nothing_and_the_person_is_asked)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(
	    caller_start(&c, USER_A, "", ASK | AUTH_HAVE_PIN), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "hunter2 hunter2", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "12", 0), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_int_equal(flow.fake->presented, 2);
}

TEST(without_a_person_one_wrong_pin_ends_it)
{
	static const struct {
		const char *why, *pin;
		unsigned int presented;
	} rows[] = {
		{ "wrong", "111111", 1 },
		{ "a password", "hunter2", 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(caller_done) struct caller c;

		flow_reset(FAKE_P256);
		caller_open(&c, geteuid());
		assert_int_equal(
		    caller_start(&c, USER_A, "", AUTH_HAVE_PIN), AUTH_PROMPT);
		assert_int_equal(caller_pin(&c, rows[i].pin, 0), AUTH_RESULT);
		assert_int_equal(c.verdict, VERDICT_WRONG_PIN);
		if (flow.fake->presented != rows[i].presented)
			fail_msg("%s: presented %u times", rows[i].why,
			    flow.fake->presented);
	}
}

TEST(the_last_try_is_spent_only_after_a_yes)
{
	CLEANUP(caller_done) struct caller c, d;

	flow_reset(FAKE_P256);
	flow.fake->tries = 1;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(c.last, 1);
	assert_int_equal(c.tries, 1);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_NO_CONSENT);
	assert_int_equal(flow.fake->presented, 0);
	caller_open(&d, geteuid());
	assert_int_equal(caller_start(&d, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&d, PIN, 1), AUTH_RESULT);
	assert_int_equal(d.verdict, VERDICT_OK);
}

TEST(a_try_lost_elsewhere_is_noticed_before_the_last)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	flow.fake->tries = 2;
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(c.last, 0);
	flow.fake->tries = 1; /* somebody else at the card */
	assert_int_equal(caller_pin(&c, PIN, 1), AUTH_PROMPT);
	assert_int_equal(c.last, 1);
	assert_int_equal(flow.fake->presented, 0);
	assert_int_equal(caller_pin(&c, PIN, 1), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
}

TEST(the_last_wrong_pin_says_that_it_is_blocked)
{
	CLEANUP(caller_done) struct caller c, d;

	flow_reset(FAKE_P256);
	flow.fake->tries = 1;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "111111", 1), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_BLOCKED);
	caller_open(&d, geteuid());
	assert_int_equal(caller_start(&d, USER_A, "", ASK), AUTH_RESULT);
	assert_int_equal(d.verdict, VERDICT_BLOCKED);
	assert_non_null(strstr(d.reason, "PUK"));
	assert_int_equal(flow.fake->presented, 1);
}

TEST(a_card_that_does_not_count_gets_one_pin)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow.fake->say_tries = TOKEN_TRIES_UNKNOWN;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(c.tries, TOKEN_TRIES_UNKNOWN);
	assert_int_equal(caller_pin(&c, "111111", 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_WRONG_PIN);
	assert_int_equal(flow.fake->presented, 1);
}

TEST(each_failure_of_the_card_has_its_verdict)
{
	static const struct {
		err_t e;
		enum verdict want;
	} rows[] = {
		{ ERR_REMOVED, VERDICT_CARD_ERROR },
		{ ERR_CARD, VERDICT_CARD_ERROR },
		{ ERR_IO, VERDICT_CARD_ERROR },
		{ ERR_UNSUPPORTED, VERDICT_CARD_ERROR },
		{ ERR_PIN_BLOCKED, VERDICT_BLOCKED },
		{ ERR_PIN_FORM, VERDICT_WRONG_PIN },
		{ ERR_DENIED, VERDICT_REFUSED },
		{ ERR_TIMEOUT, VERDICT_SERVICE },
		{ ERR_BUSY, VERDICT_SERVICE },
		{ ERR_NOMEM, VERDICT_INTERNAL },
		/* what is no signature proves nothing */
		{ ERR_FORMAT, VERDICT_REFUSED },
		{ ERR_SHORT, VERDICT_REFUSED },
		{ ERR_LIMIT, VERDICT_REFUSED },
	};

	flow_reset(FAKE_P256);
	for (size_t i = 0; i < nitems(rows); i++) {
		flow.fake->refuse = rows[i].e;
		if (flow_login(USER_A, PIN, 0) != rows[i].want)
			fail_msg("%s: another verdict", err_name(rows[i].e));
	}
	assert_int_equal(flow.fake->presented, 0);
}

TEST(a_caller_that_leaves_cancels)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	caller_done(&c);
	assert_int_equal(flow_login(USER_A, PIN, 0), VERDICT_OK);
	assert_int_equal(flow.fake->presented, 1);
}

TEST(other_users_authenticate_themselves_alone)
{
	CLEANUP(caller_done) struct caller own, other, none, last;

	if (geteuid() != 0)
		skip();
	flow_reset(FAKE_P256);
	flow_pair(USER_B, FAKE_P256);
	caller_open(&own, NOBODY);
	assert_int_equal(caller_start(&own, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&own, PIN, 0), AUTH_RESULT);
	assert_int_equal(own.verdict, VERDICT_OK);
	caller_open(&other, NOBODY);
	assert_int_equal(caller_start(&other, USER_B, "", ASK), AUTH_RESULT);
	assert_int_equal(other.verdict, VERDICT_REFUSED);
	assert_non_null(strstr(other.reason, "another user"));
	/* without a name: himself, although the card has two users */
	caller_open(&none, NOBODY);
	assert_int_equal(caller_start(&none, "", "", ASK), AUTH_PROMPT);
	assert_string_equal(none.user, USER_A);
	flow.fake->tries = 1;
	caller_open(&last, NOBODY);
	assert_int_equal(caller_start(&last, USER_A, "", ASK), AUTH_RESULT);
	assert_int_equal(last.verdict, VERDICT_REFUSED);
	assert_non_null(strstr(last.reason, "root's programs"));
	assert_int_equal(flow.fake->presented, 1);
}

/* After the test above: the credit of that user runs out. */
TEST(other_users_are_turned_away_when_they_ask_too_often)
{
	uint64_t answered = 0, began = clock_ms();

	if (geteuid() != 0)
		skip();
	flow_reset(FAKE_P256);
	flow_restart(geteuid());
	for (unsigned int i = 0; i < 30; i++) {
		CLEANUP(caller_done) struct caller c;

		caller_open(&c, 65533);
		answered += caller_user_of(&c, FAKE_P256) != 0;
	}
	assert_in_range(answered, 1,
	    LIMIT_CREDIT + 1 + (clock_ms() - began) / LIMIT_REFILL_MS);
	assert_true(flow_logged("too many logins in a short time"));
	assert_int_equal(flow_login(USER_A, PIN, 0), VERDICT_OK);
}

TEST(a_pair_check_accepts_a_proper_card)
{
	CLEANUP(caller_done) struct caller c, d;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(
	    caller_pair(&c, USER_B, FAKE_P256, NULL), AUTH_PAIR_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_int_equal(c.notes, 0);
	assert_int_equal(flow.fake->probes, 1);
	assert_int_equal(flow.fake->presented, 0);
	flow.fake->cards[0].items_n = 1; /* no 9D */
	caller_open(&d, geteuid());
	assert_int_equal(
	    caller_pair(&d, USER_B, FAKE_P256, PIN), AUTH_PAIR_RESULT);
	assert_int_equal(d.verdict, VERDICT_OK);
	assert_int_equal(d.notes, PAIR_NO_KEYRING_KEY);
	assert_int_equal(flow.fake->presented, 1);
}

static void
refuse_pair(const char *user, enum fake_key key, const char *pin,
    enum verdict want, const char *reason)
{
	CLEANUP(caller_done) struct caller c;

	caller_open(&c, geteuid());
	assert_int_equal(caller_pair(&c, user, key, pin), AUTH_PAIR_RESULT);
	if (c.verdict != want || strstr(c.reason, reason) == NULL)
		fail_msg("wanted \"%s\", got verdict %d, \"%s\"", reason,
		    (int)c.verdict, c.reason);
}

TEST(a_pair_check_refuses_what_must_not_be_paired)
{
	struct fake_card *card;

	flow_reset(FAKE_P256);
	card = &flow.fake->cards[0];
	refuse_pair(
	    "no-such-user", FAKE_P256, NULL, VERDICT_REFUSED, "no such user");
	refuse_pair(USER_B, FAKE_OTHER, NULL, VERDICT_NO_CARD, "no card");
	card->items[1].cert = card->items[1].key = FAKE_P384;
	refuse_pair(USER_B, FAKE_P384, NULL, VERDICT_REFUSED, "key 9D");
	card->signs_without_pin = true;
	refuse_pair(
	    USER_B, FAKE_P256, NULL, VERDICT_REFUSED, "signs without the PIN");
	card->signs_without_pin = false;
	card->items[1] = card->items[0];
	card->items[1].slot = 0x9e;
	card->items[1].flags = ITEM_KEY | ITEM_SIGN;
	refuse_pair(USER_B, FAKE_P256, NULL, VERDICT_REFUSED, "9E key");
	flow_reset(FAKE_CARD_AUTH);
	refuse_pair(
	    USER_B, FAKE_CARD_AUTH, NULL, VERDICT_REFUSED, "id-PIV-cardAuth");
	assert_int_equal(flow.fake->presented, 0);
}

TEST(a_pair_check_with_a_pin_keeps_the_counter_sacred)
{
	flow_reset(FAKE_P256);
	refuse_pair(
	    USER_B, FAKE_P256, "hunter2", VERDICT_WRONG_PIN, "was not sent");
	assert_int_equal(flow.fake->presented, 0);
	refuse_pair(
	    USER_B, FAKE_P256, "111111", VERDICT_WRONG_PIN, "2 tries left");
	assert_int_equal(flow.fake->presented, 1);
	flow.fake->tries = 1;
	refuse_pair(USER_B, FAKE_P256, PIN, VERDICT_NO_CONSENT, "only one");
	assert_int_equal(flow.fake->presented, 1);
	flow_reset(FAKE_P256);
	flow.fake->lie = LIE_OTHER_KEY;
	refuse_pair(
	    USER_B, FAKE_P256, PIN, VERDICT_REFUSED, "no proof of possession");
}

TEST(a_pair_check_sends_no_pin_to_a_card_that_has_a_copy)
{
	struct fake *f = flow.fake;

	flow_reset(FAKE_P256);
	f->cards[1] = f->cards[0];
	f->cards_n = 2;
	refuse_pair(USER_B, FAKE_P256, "123456", VERDICT_REFUSED,
	    "take out the card that is not yours");
	assert_int_equal(f->presented, 0);
}

TEST(one_card_per_user_refuses_the_second)
{
	flow_reset(FAKE_OTHER);
	flow_pref(PREFS_SMARTCARD, "<key>oneCardPerUser</key><true/>");
	flow_settle();
	refuse_pair(USER_A, FAKE_P256, NULL, VERDICT_REFUSED, "oneCardPerUser");
	flow_reset(FAKE_P256);
}

/* Its caller writes the record, and somebody may have been quicker. */
TEST(one_card_per_user_is_told_to_who_pairs_the_first)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(
	    caller_pair(&c, USER_A, FAKE_P256, NULL), AUTH_PAIR_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_int_equal(c.notes & PAIR_ONE_CARD, 0);
	caller_done(&c);
	flow_pref(PREFS_SMARTCARD, "<key>oneCardPerUser</key><true/>");
	flow_settle();
	caller_open(&c, geteuid());
	assert_int_equal(
	    caller_pair(&c, USER_A, FAKE_P256, NULL), AUTH_PAIR_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_int_equal(c.notes & PAIR_ONE_CARD, PAIR_ONE_CARD);
	flow_reset(FAKE_P256);
}

TEST(only_root_asks_for_pairs)
{
	CLEANUP(caller_done) struct caller c;

	if (geteuid() != 0)
		skip();
	flow_reset(FAKE_P256);
	flow_restart(geteuid());
	caller_open(&c, NOBODY);
	assert_int_equal(
	    caller_pair(&c, USER_A, FAKE_P256, NULL), AUTH_PAIR_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
}

/* The records, which everybody can read, say no less. */
TEST(who_is_paired_is_told_to_whoever_asks)
{
	CLEANUP(caller_done) struct caller root, other, none;

	flow_reset(FAKE_P256);
	flow_pair(USER_B, FAKE_P256);
	caller_open(&root, geteuid());
	assert_int_equal(caller_user_of(&root, FAKE_P256), AUTH_USERS);
	assert_int_equal(root.users_n, 2);
	caller_open(&none, geteuid());
	assert_int_equal(caller_user_of(&none, FAKE_OTHER), AUTH_USERS);
	assert_int_equal(none.users_n, 0);
	if (geteuid() != 0)
		skip();
	caller_open(&other, NOBODY);
	assert_int_equal(caller_user_of(&other, FAKE_P256), AUTH_USERS);
	assert_int_equal(other.users_n, 2);
}

/* As nobody: a wrong PIN, and no wait for what comes of it. */
static bool
try_and_hang_up(const char *pin)
{
	CLEANUP(caller_done) struct caller c;
	bool served;

	caller_open(&c, NOBODY);
	served = caller_start(&c, USER_A, "", ASK) == AUTH_PROMPT;
	if (served)
		(void)caller_pin(&c, pin, 0);
	caller_done(&c);
	flow_await_no_session(); /* which counts when it has ended */
	return served;
}

TEST(hanging_up_after_a_wrong_pin_does_not_make_it_cheaper)
{
	unsigned int served = 0;
	char pin[8];

	if (geteuid() != 0)
		skip();
	flow_reset(FAKE_P256);
	flow_restart(geteuid());
	flow.fake->tries = 99;
	for (unsigned int i = 0; i < LIMIT_CREDIT; i++) {
		(void)snprintf(pin, sizeof(pin), "%06u", i);
		served += try_and_hang_up(pin);
	}
	assert_int_equal(
	    served, 1 + (LIMIT_CREDIT - 1) / (1 + LIMIT_WRONG_PIN));
	flow_restart(geteuid());
}

TEST(of_others_a_caller_learns_nothing)
{
	static const char *const others[] = { USER_B, "root",
		"no-such-user-here" };
	char first[sizeof(((struct caller *)0)->reason)] = "";

	if (geteuid() != 0)
		skip();
	flow_reset(FAKE_P256);
	flow_restart(geteuid());
	flow_write(PATH_USERS_DIR "/" USER_B ".plist", "<key>", 0644);
	for (size_t i = 0; i < nitems(others); i++) {
		CLEANUP(caller_done) struct caller c;

		caller_open(&c, NOBODY);
		assert_int_equal(
		    caller_start(&c, others[i], "", ASK), AUTH_RESULT);
		assert_int_equal(c.verdict, VERDICT_REFUSED);
		if (i == 0)
			memcpy(first, c.reason, sizeof(first));
		assert_string_equal(c.reason, first);
	}
}

FLOW_MAIN("authd/pin")
