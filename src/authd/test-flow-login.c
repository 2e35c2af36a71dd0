/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logins through scs-authd itself, against a token service that can lie. Every
 * refusal has a test of its own; `presented` is what reached the card.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authd/flow.h"
#include "test.h"

#define PIN "123456"
#define ASK AUTH_INTERACTIVE

TEST(the_right_pin_on_a_paired_card_is_accepted)
{
	static const enum fake_key keys[] = { FAKE_RSA, FAKE_P256, FAKE_P384 };

	for (size_t i = 0; i < nitems(keys); i++) {
		CLEANUP(caller_done) struct caller c;

		flow_reset(keys[i]);
		caller_open(&c, geteuid());
		assert_int_equal(
		    caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
		assert_string_equal(c.user, USER_A);
		assert_int_equal(c.tries, 3);
		assert_int_equal(c.last, 0);
		assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
		assert_int_equal(c.verdict, VERDICT_OK);
		assert_string_equal(c.user, USER_A);
		assert_string_equal(c.token_id, flow.fake->cards[0].id);
		assert_int_equal(c.apdus, 2);
		assert_int_equal(flow.fake->presented, 1);
	}
}

TEST(two_logins_never_ask_for_the_same_signature)
{
	uint8_t first[64];

	flow_reset(FAKE_P256);
	flow_expect(VERDICT_OK, "first");
	memcpy(first, flow.fake->digest, sizeof(first));
	flow_expect(VERDICT_OK, "second");
	assert_memory_not_equal(first, flow.fake->digest, 32);
}

TEST(a_card_that_lies_about_its_key_is_refused)
{
	static const struct {
		const char *why;
		enum fake_lie lie;
		enum verdict want;
	} rows[] = {
		{ "random signature", LIE_RANDOM_SIGNATURE, VERDICT_REFUSED },
		{ "stolen certificate, other key", LIE_OTHER_KEY,
		    VERDICT_REFUSED },
		{ "short signature", LIE_SHORT_SIGNATURE, VERDICT_REFUSED },
		{ "long signature", LIE_LONG_SIGNATURE, VERDICT_REFUSED },
		{ "no signature", LIE_EMPTY_SIGNATURE, VERDICT_REFUSED },
		{ "signature of the login before", LIE_REPLAY,
		    VERDICT_REFUSED },
		{ "right key, other digest", LIE_OTHER_DIGEST,
		    VERDICT_REFUSED },
		{ "closes in the middle", LIE_CLOSE, VERDICT_SERVICE },
		{ "huge frame", LIE_HUGE_FRAME, VERDICT_SERVICE },
		{ "garbage", LIE_GARBAGE, VERDICT_SERVICE },
		{ "wrong type", LIE_WRONG_TYPE, VERDICT_SERVICE },
	};

	for (size_t k = 0; k < 2; k++) {
		flow_reset(k == 0 ? FAKE_P256 : FAKE_RSA);
		for (size_t i = 0; i < nitems(rows); i++) {
			flow.fake->lie = LIE_NONE;
			flow_expect(VERDICT_OK, "an honest login before");
			flow.fake->lie = rows[i].lie;
			/* an EC card cannot pad: its other key is EC too */
			if (k == 1 && rows[i].lie == LIE_OTHER_KEY)
				continue;
			flow_expect(rows[i].want, rows[i].why);
		}
	}
	flow.fake->lie = LIE_NONE;
	flow_expect(VERDICT_OK, "an honest login after");
}

TEST(an_unknown_error_of_the_token_service_is_no_success)
{
	flow_reset(FAKE_P256);
	flow.fake->lie = LIE_UNKNOWN_ERROR;
	assert_int_not_equal(flow_login(USER_A, PIN, 0), VERDICT_OK);
}

TEST(a_malformed_token_list_is_refused)
{
	flow_reset(FAKE_P256);
	flow.fake->lie = LIE_LIST_GARBAGE;
	flow_expect(VERDICT_SERVICE, "a byte after the list");
	flow.fake->lie = LIE_LIST_HUGE_COUNT;
	flow_expect(VERDICT_SERVICE, "65535 tokens");
	flow.fake->lie = LIE_NONE;
	flow_expect(VERDICT_OK, "afterwards");
}

/* What a card shows, and why no PIN ever goes to it. */
TEST(a_card_without_a_usable_login_key_is_refused_before_the_pin)
{
	static const struct {
		const char *why, *reason;
		enum fake_key cert;
		uint8_t slot, clear;
		bool no_cert, bad_cert, as_9e;
		enum verdict want;
	} rows[] = {
		{ "certificate of a card authentication key", "id-PIV-cardAuth",
		    FAKE_CARD_AUTH, 0x9a, 0, false, false, false,
		    VERDICT_REFUSED },
		{ "9A shows the card's own 9E key", "9E key", FAKE_P256, 0x9a,
		    0, false, false, true, VERDICT_REFUSED },
		{ "RSA of 1024 bits", "RSA key of 1024 bits", FAKE_WEAK, 0x9a,
		    0, false, false, false, VERDICT_REFUSED },
		{ "the private key is missing", "not its key", FAKE_P256, 0x9a,
		    ITEM_KEY, false, false, false, VERDICT_NOT_PAIRED },
		{ "no certificate", "has no certificate", FAKE_P256, 0x9a, 0,
		    true, false, false, VERDICT_NOT_PAIRED },
		{ "certificate cut short", "cannot be read", FAKE_P256, 0x9a, 0,
		    false, true, false, VERDICT_NOT_PAIRED },
		{ "9E marked as login key", "another key", FAKE_P256, 0x9e, 0,
		    false, false, false, VERDICT_NOT_PAIRED },
		{ "9C marked as login key", "another key", FAKE_P256, 0x9c, 0,
		    false, false, false, VERDICT_NOT_PAIRED },
		{ "no login key", "no login key", FAKE_P256, 0x9a, ITEM_LOGIN,
		    false, false, false, VERDICT_NOT_PAIRED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(caller_done) struct caller c;
		struct fake_card *card = &flow.fake->cards[0];

		flow_reset(rows[i].cert);
		card->items[0].slot = rows[i].slot;
		card->items[0].flags &= (uint8_t)~rows[i].clear;
		card->items[0].no_cert = rows[i].no_cert;
		card->items[0].bad_cert = rows[i].bad_cert;
		if (rows[i].as_9e)
			card->items[card->items_n++] =
			    (struct fake_item){ .slot = 0x9e,
				    .flags = ITEM_KEY | ITEM_SIGN,
				    .key = rows[i].cert,
				    .cert = rows[i].cert };
		caller_open(&c, geteuid());
		if (caller_start(&c, USER_A, "", ASK) != AUTH_RESULT ||
		    c.verdict != rows[i].want)
			fail_msg("%s: verdict %d", rows[i].why, (int)c.verdict);
		caller_expect(&c, rows[i].reason);
		assert_int_equal(flow.fake->presented, 0);
	}
}

TEST(no_card_and_no_pairing_are_different_answers)
{
	flow_reset(FAKE_P256);
	flow.fake->cards_n = 0;
	flow_expect(VERDICT_NO_CARD, "no card");
	flow_reset(FAKE_P256);
	flow.fake->cards[0].flags = 0;
	flow_expect(VERDICT_NO_CARD, "a driver that is not for login");
	flow_reset(FAKE_P256);
	flow.fake->cards[0].items[0].key = FAKE_OTHER;
	flow.fake->cards[0].items[0].cert = FAKE_OTHER;
	flow_expect(VERDICT_NOT_PAIRED, "another person's card");
	flow_reset(FAKE_P256);
	assert_int_equal(
	    flow_login("no-such-user", PIN, 0), VERDICT_NOT_PAIRED);
	assert_int_equal(flow_login(USER_B, PIN, 0), VERDICT_NOT_PAIRED);
	assert_int_equal(flow_login("../" USER_A, PIN, 0), VERDICT_REFUSED);
	assert_int_equal(flow.fake->presented, 0);
}

TEST(the_old_form_of_a_pairing_is_honoured)
{
	char text[512], hex[2 * PKHH_SIZE + 1];
	struct pkhh h = fake_hash(FAKE_P256);

	flow_reset(FAKE_P256);
	pkhh_print(&h, hex);
	(void)snprintf(text, sizeof(text),
	    "<plist version=\"1.0\"><dict><key>AuthenticationAuthority</key>"
	    "<array><string>;ShadowHash;</string>"
	    "<string>;pubkeyhash;%s</string></array></dict></plist>",
	    hex);
	flow_write("/etc/SmartCardServices/directory/users/" USER_A ".plist",
	    text, 0644);
	flow_expect(VERDICT_OK, ";pubkeyhash;");
}

TEST(a_record_that_others_can_write_pairs_nobody)
{
	char p[256];

	flow_reset(FAKE_P256);
	flow_expect(VERDICT_OK, "before");
	(void)snprintf(p, sizeof(p),
	    "%s/etc/SmartCardServices/directory/users/" USER_A ".plist",
	    flow.dir);
	assert_int_equal(chmod(p, 0666), 0);
	flow_expect(VERDICT_REFUSED, "mode 0666");
}

TEST(the_user_is_found_from_the_card)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, "", "", ASK), AUTH_PROMPT);
	assert_string_equal(c.user, USER_A);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_string_equal(c.user, USER_A);
}

TEST(a_card_of_several_users_asks_which_one)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow_pair(USER_B, FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, "", "", ASK), AUTH_CHOICE);
	assert_int_equal(c.users_n, 2);
	assert_string_equal(c.users[0], USER_B);
	assert_string_equal(c.users[1], USER_A);
	assert_int_equal(caller_choose(&c, 0), AUTH_PROMPT);
	assert_string_equal(c.user, USER_B);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
	assert_string_equal(c.user, USER_B);
}

TEST(a_card_of_several_users_fails_where_nobody_can_be_asked)
{
	CLEANUP(caller_done) struct caller c, d;

	flow_reset(FAKE_P256);
	flow_pair(USER_B, FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, "", "", 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_open(&d, geteuid());
	assert_int_equal(caller_start(&d, "", "", ASK), AUTH_CHOICE);
	assert_int_equal(caller_choose(&d, 2), AUTH_RESULT);
	assert_int_equal(d.verdict, VERDICT_REFUSED);
	assert_int_equal(flow.fake->presented, 0);
}

TEST(unpairing_counts_even_while_the_pin_is_asked)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	flow_unpair(USER_A);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_expect(&c, "no longer paired");
}

TEST(smart_cards_can_be_turned_off_without_a_restart)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow_pref(PREFS_SMARTCARD, "<key>allowSmartCard</key><false/>");
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_RESULT);
	caller_expect(&c, "allowSmartCard");
	flow_reset(FAKE_P256);
	flow_expect(VERDICT_OK, "turned on again");
}

TEST(turning_cards_off_counts_even_while_the_pin_is_asked)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	flow_pref(PREFS_SMARTCARD, "<key>allowSmartCard</key><false/>");
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	flow_reset(FAKE_P256);
}

TEST(a_trust_level_that_cannot_be_evaluated_refuses)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow_pref(PREFS_SMARTCARD,
	    "<key>checkCertificateTrust</key><integer>1</integer>");
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_RESULT);
	caller_expect(&c, "checkCertificateTrust is 1");
	flow_reset(FAKE_P256);
}

TEST(a_malformed_preference_keeps_the_last_valid_policy)
{
	flow_reset(FAKE_P256);
	flow_pref(PREFS_SMARTCARD, "<key>allowSmartCard</key><false/>");
	flow_settle();
	flow_pref(PREFS_SMARTCARD, "<key>allowSmartCard</key>");
	flow_expect(VERDICT_REFUSED, "still off, before the service sees it");
	flow_settle();
	flow_expect(VERDICT_REFUSED, "still off");
	assert_true(flow_logged("a key without a value"));
	flow_reset(FAKE_P256);
}

TEST(preferences_that_were_never_readable_refuse)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow_pref(PREFS_SMARTCARD, "<key>allowSmartCard</key>");
	flow_restart(geteuid());
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_expect(&c, "preferences cannot be read");
	flow_reset(FAKE_P256);
	flow_expect(VERDICT_OK, "removed again");
}

TEST(a_login_from_another_host_is_refused_unless_ignoreard)
{
	CLEANUP(caller_done) struct caller c, d, e;

	flow_reset(FAKE_P256);
	caller_open(&c, geteuid());
	assert_int_equal(
	    caller_start(&c, USER_A, "far.example.org", ASK), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_expect(&c, "far.example.org");
	caller_open(&d, geteuid());
	assert_int_equal(
	    caller_start(&d, USER_A, "localhost", ASK), AUTH_PROMPT);
	flow_pref(PREFS_AUTHORIZATION, "<key>ignoreArd</key><true/>");
	flow_settle();
	caller_open(&e, geteuid());
	assert_int_equal(
	    caller_start(&e, USER_A, "far.example.org", ASK), AUTH_PROMPT);
	flow_reset(FAKE_P256);
}

TEST(an_attribute_mapping_is_said_to_be_unavailable)
{
	flow_reset(FAKE_P256);
	flow_write("/etc/SmartcardLogin.plist",
	    "<plist version=\"1.0\"><dict><key>AttributeMapping</key><dict/>"
	    "</dict></plist>",
	    0644);
	flow_expect(VERDICT_OK, "fixed pairing");
	assert_true(flow_logged("AttributeMapping"));
	flow_write("/etc/SmartcardLogin.plist",
	    "<plist version=\"1.0\"><dict/></plist>", 0644);
}

TEST(every_login_is_logged_and_no_pin_is)
{
	flow_reset(FAKE_P256);
	(void)snprintf(flow.fake->pin, sizeof(flow.fake->pin), "86420975");
	assert_int_equal(flow_login(USER_A, "86420975", 0), VERDICT_OK);
	flow_expect(VERDICT_INTERNAL, "interactive: asked again");
	assert_true(
	    flow_logged("login: user \"" USER_A "\" service \"login\""));
	assert_true(flow_logged("accepted"));
	assert_false(flow_logged("86420975"));
	assert_false(flow_logged(PIN));
}

TEST(a_malformed_request_ends_its_own_connection_alone)
{
	static const struct {
		const char *why;
		uint16_t type;
		const char *body;
		size_t n;
	} rows[] = {
		{ "PIN first", AUTH_PIN, "\1", 1 },
		{ "choice first", AUTH_CHOOSE, "\0\0", 2 },
		{ "answer as request", AUTH_RESULT, "", 0 },
		{ "unknown type", 0xffff, "", 0 },
		{ "empty start", AUTH_START, "", 0 },
		{ "string longer than the body", AUTH_START, "\0\0\0\x10login",
		    9 },
		{ "string longer than the cap", AUTH_START, "\xff\xff\xff\xffx",
		    5 },
		{ "flags nobody knows", AUTH_START,
		    "\0\0\0\1s\0\0\0\0\0\0\0\0\0\0\0\0\x80", 18 },
		{ "no service", AUTH_START,
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 17 },
		{ "a byte after it", AUTH_START,
		    "\0\0\0\1s\0\0\0\0\0\0\0\0\0\0\0\0\1\0", 19 },
		{ "hash of 39 digits", AUTH_USER_OF,
		    "\0\0\0\x27"
		    "012345678901234567890123456789012345678",
		    43 },
	};

	flow_reset(FAKE_P256);
	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(caller_done) struct caller c;
		CLEANUP(msg_done) struct msg m;

		msg_init(&m, rows[i].type);
		buf_put(&m.body, span_from(rows[i].body, rows[i].n));
		caller_open(&c, geteuid());
		if (caller_send(&c, &m) != 0)
			fail_msg("%s: was answered", rows[i].why);
	}
	/* the caller sees no difference between a crash and a closed door */
	flow_await_no_session();
	assert_false(flow_logged("was killed by signal"));
	flow_expect(VERDICT_OK, "afterwards");
}

TEST(a_token_socket_of_another_user_is_not_believed)
{
	flow_reset(FAKE_P256);
	flow_restart(54321);
	flow_expect(VERDICT_SERVICE, "wrong peer");
	assert_int_equal(flow.fake->presented, 0);
	flow_restart(geteuid());
	flow_expect(VERDICT_OK, "right peer");
}

FLOW_MAIN("authd/login")
