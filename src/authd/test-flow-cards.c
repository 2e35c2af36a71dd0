/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of several cards gets the PIN, and which never does. */
#include <stdio.h>
#include <unistd.h>

#include "authd/flow.h"
#include "test.h"

#define PIN "123456"
#define ASK AUTH_INTERACTIVE

TEST(of_two_cards_the_users_own_gets_the_pin)
{
	struct fake *f = flow.fake;

	flow_reset(FAKE_P256);
	f->cards[1] = f->cards[0];
	f->cards[0].items[0].cert = f->cards[0].items[0].key = FAKE_OTHER;
	f->cards_n = 2;
	flow_expect(VERDICT_OK, "the second card is his");
	assert_int_equal(f->presented, 1);
}

/* A card in the next reader that shows the same certificate. */
static void
insert_copy(struct fake *f)
{
	f->cards[1] = f->cards[0];
	f->cards[1].id = "com.apple.pivtoken:FFEEDDCCBBAA99887766554433221100";
	f->cards[1].items[0].key = FAKE_OTHER;
	f->cards_n = 2;
}

TEST(of_a_card_and_its_copy_none_gets_the_pin)
{
	struct fake *f = flow.fake;

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(caller_done) struct caller c;

		flow_reset(FAKE_P256);
		insert_copy(f);
		/* whichever comes first in the list */
		f->cards[0].items[0].key = i == 0 ? FAKE_P256 : FAKE_OTHER;
		f->cards[1].items[0].key = i == 0 ? FAKE_OTHER : FAKE_P256;
		caller_open(&c, geteuid());
		assert_int_equal(
		    caller_start(&c, i == 0 ? USER_A : "", "", ASK),
		    AUTH_RESULT);
		assert_int_equal(c.verdict, VERDICT_REFUSED);
		caller_expect(&c, "\"Virtual Reader 00\"");
		caller_expect(&c, "\"Virtual Reader 01\"");
		caller_expect(&c, "take out the card that is not yours");
		assert_int_equal(f->presented, 0);
	}
	f->cards_n = 1;
	f->cards[0].items[0].key = FAKE_P256;
	flow_expect(VERDICT_OK, "the copy was taken out");
}

TEST(a_card_put_in_while_its_copy_asks_for_the_pin_is_noticed)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow.fake->cards[0].items[0].key = FAKE_OTHER;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	insert_copy(flow.fake);
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_expect(&c, "take out the card that is not yours");
	assert_int_equal(flow.fake->presented, 0);
}

TEST(a_card_put_in_then_is_waited_for_until_it_is_read)
{
	CLEANUP(caller_done) struct caller c;

	flow_reset(FAKE_P256);
	flow.fake->cards[0].items[0].key = FAKE_OTHER;
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	insert_copy(flow.fake);
	flow.fake->cards_n = 1;
	flow.fake->cards_soon = 2;
	assert_int_equal(caller_pin(&c, PIN, 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_REFUSED);
	caller_expect(&c, "take out the card that is not yours");
	assert_int_equal(flow.fake->presented, 0);
}

TEST(the_users_card_is_waited_for_while_it_is_being_read)
{
	struct fake *f = flow.fake;

	flow_reset(FAKE_P256);
	f->cards[1] = f->cards[0];
	f->cards[0].items[0].cert = f->cards[0].items[0].key = FAKE_OTHER;
	f->cards_soon = 2;
	flow_expect(VERDICT_OK, "beside another's");
	flow_reset(FAKE_P256);
	f->cards_n = 0;
	f->cards_soon = 1;
	flow_expect(VERDICT_OK, "the only one");
}

TEST(a_card_that_is_not_read_in_time_is_named)
{
	struct fake *f = flow.fake;
	size_t cards;

	for (cards = 0; cards < 2; cards++) {
		CLEANUP(caller_done) struct caller c;

		flow_reset(FAKE_OTHER);
		flow_unpair(USER_A);
		f->slow = true;
		f->cards_n = cards;
		caller_open(&c, geteuid());
		assert_int_equal(
		    caller_start(&c, USER_A, "", ASK), AUTH_RESULT);
		assert_int_equal(c.verdict,
		    cards == 0 ? VERDICT_NO_CARD : VERDICT_NOT_PAIRED);
		caller_expect(&c,
		    "the card in reader \"Slow Reader 00\" is still being "
		    "read, try again");
	}
	flow_reset(FAKE_P256);
	f->slow = true;
	flow_expect(VERDICT_OK, "the user's own is there");
}

TEST(copies_of_cards_of_others_are_no_concern)
{
	struct fake *f = flow.fake;

	flow_reset(FAKE_P256);
	insert_copy(f);
	f->cards[2] = f->cards[0];
	f->cards[0].items[0].key = f->cards[0].items[0].cert = FAKE_OTHER;
	f->cards[1].items[0].key = f->cards[1].items[0].cert = FAKE_OTHER;
	f->cards_n = 3;
	flow_expect(VERDICT_OK, "two cards of nobody, one of his own");
	assert_int_equal(f->presented, 1);
}

FLOW_MAIN("authd/cards")
