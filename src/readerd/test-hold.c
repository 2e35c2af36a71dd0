/* SPDX-License-Identifier: BSD-2-Clause */
/* ARCHITECTURE.md, "Who holds the card", sentence by sentence. */
#include "readerd/hold.h"

#include <stdio.h>

#include "readerd/handle.h"
#include "readerd/idle.h"
#include "readerd/rig.h"
#include "test.h"

static struct rig rig;
static struct client *worker, *other, *plain;
static int32_t w_card, o_card, p_card;

static int32_t
open_card(struct client *c, uint32_t share)
{
	struct wire_establish e = { .scope = 2 };
	struct wire_connect b = { .share = share, .preferred = 3 };
	bool w = c->dialect == DIALECT_WORKER;

	EXPECT_OK(rig_say(c, WIRE_ESTABLISH_CONTEXT, &e, sizeof(e)));
	if (w)
		assert_int_equal(
		    WIRE_ESTABLISH_CONTEXT, rig_hear_worker(c, &e, sizeof(e)));
	else
		assert_true(rig_hear(c, &e, sizeof(e)));
	b.context = e.context;
	memcpy(b.reader, RIG_READER, sizeof(RIG_READER));
	EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
	rig_serve(&rig);
	if (w)
		assert_int_equal(
		    WIRE_CONNECT, rig_hear_worker(c, &b, sizeof(b)));
	else
		assert_true(rig_hear(c, &b, sizeof(b)));
	assert_int_equal(b.rv, 0);
	if (share != SCARD_SHARE_DIRECT)
		assert_int_equal(b.active, SCARD_PROTOCOL_T1);
	return b.card;
}

static void
start(void)
{
	rig_start(&rig);
	rig_card(&rig, true);
	worker = rig_client(&rig, DIALECT_WORKER);
	other = rig_client(&rig, DIALECT_WORKER);
	plain = rig_client(&rig, DIALECT_PLAIN);
	w_card = open_card(worker, SCARD_SHARE_SHARED);
	o_card = open_card(other, SCARD_SHARE_SHARED);
}

static void
ask_hold(struct client *c, int32_t card, uint32_t flags)
{
	struct wire_hold b = { card, flags, 9, 9, 9 };

	EXPECT_OK(rig_say(c, WIRE_HOLD, &b, sizeof(b)));
	rig_serve(&rig);
}

/* `touched` of a hold that was granted. */
static uint32_t
granted(struct client *c)
{
	struct wire_hold b;

	assert_int_equal(WIRE_HOLD, rig_hear_worker(c, &b, sizeof(b)));
	assert_int_equal(b.rv, 0);
	return b.touched;
}

static uint32_t
hold(struct client *c, int32_t card)
{
	ask_hold(c, card, 0);
	return granted(c);
}

static void
unhold(struct client *c, int32_t card, uint32_t disposition)
{
	struct wire_disposition b = { card, disposition, 9 };

	EXPECT_OK(rig_say(c, WIRE_UNHOLD, &b, sizeof(b)));
	rig_serve(&rig);
	assert_int_equal(WIRE_UNHOLD, rig_hear_worker(c, &b, sizeof(b)));
	assert_int_equal(b.rv, 0);
}

static void
say_transmit(struct client *c, int32_t card)
{
	struct wire_transmit b = { .card = card,
		.send_protocol = 2,
		.send_length = 4,
		.recv_length = 2 };

	EXPECT_OK(
	    rig_say_data(c, WIRE_TRANSMIT, &b, sizeof(b), span_str("ABCD")));
	rig_serve(&rig);
}

static void
worker_transmit(struct client *c, int32_t card)
{
	uint8_t answer[sizeof(struct wire_transmit) + 2];

	say_transmit(c, card);
	assert_int_equal(
	    WIRE_TRANSMIT, rig_hear_worker(c, answer, sizeof(answer)));
}

static bool
wanted(struct client *c)
{
	struct wire_header h;

	if (!rig_hear(c, &h, sizeof(h)))
		return false;
	assert_int_equal(h.command, WIRE_WANTED);
	assert_int_equal(h.size, 0);
	return true;
}

TEST(touched_is_false_only_while_nobody_else_was_there)
{
	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	assert_int_equal(hold(worker, w_card), 1); /* the first */
	worker_transmit(worker, w_card);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	assert_int_equal(hold(worker, w_card), 0);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	say_transmit(plain, p_card);
	assert_int_equal(hold(worker, w_card), 1);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	assert_int_equal(hold(other, o_card), 1);
	unhold(other, o_card, SCARD_LEAVE_CARD);
	assert_int_equal(hold(worker, w_card), 0); /* it sent nothing */
	unhold(worker, w_card, SCARD_RESET_CARD);
	assert_int_equal(hold(worker, w_card), 1);
	rig_stop(&rig);
}

TEST(a_reset_by_another_is_touched_and_not_an_error)
{
	struct wire_reconnect r = {
		.share = 2, .preferred = 2, .initialization = SCARD_RESET_CARD
	};

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	(void)hold(worker, w_card);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	r.card = p_card;
	EXPECT_OK(rig_say(plain, WIRE_RECONNECT, &r, sizeof(r)));
	rig_serve(&rig);
	assert_int_equal(hold(worker, w_card), WIRE_TOUCHED_RESET);
	worker_transmit(worker, w_card);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	assert_int_equal(hold(worker, w_card), WIRE_TOUCHED_NOT);
	rig_stop(&rig);
}

TEST(plain_clients_wait_and_the_holder_is_told_once)
{
	struct wire_handle b;
	uint8_t answer[sizeof(struct wire_transmit) + 2];

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	(void)hold(worker, w_card);
	assert_false(wanted(worker));
	say_transmit(plain, p_card);
	assert_int_equal(plain->io.out.n, 0);
	ask_hold(other, o_card, 0);
	assert_true(wanted(worker));
	assert_false(wanted(worker));
	worker_transmit(worker, w_card); /* the holder goes on */
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	assert_true(rig_hear(plain, answer, sizeof(answer)));
	assert_int_equal(granted(other), 1);
	b.card = p_card;
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	assert_true(wanted(other));
	rig_stop(&rig);
}

TEST(who_waits_already_is_wanted_at_once)
{
	struct wire_handle b;

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	b.card = p_card;
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	assert_true(rig_hear(plain, &b, sizeof(b)));
	ask_hold(worker, w_card, 0);
	ask_hold(other, o_card, 0);
	assert_int_equal(worker->io.out.n, 0);
	client_free(plain); /* a reset is due */
	rig_serve(&rig);
	assert_int_equal(granted(worker), WIRE_TOUCHED_RESET);
	assert_true(wanted(worker));
	rig_stop(&rig);
}

TEST(the_death_of_a_holder_resets_the_card)
{
	uint32_t how;

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	(void)hold(worker, w_card);
	client_free(worker);
	assert_int_equal(rig_asked(&rig, &how), WORKER_POWER);
	assert_int_equal(how, WORKER_POWER_WARM);
	rig_answer(&rig, ERR_OK, "3b800181");
	assert_int_equal(handle_rv(plain->handles), SCARD_W_RESET_CARD);
	assert_int_equal(hold(other, o_card), WIRE_TOUCHED_RESET);
	rig_stop(&rig);
}

TEST(disconnecting_while_holding_resets_the_card_too)
{
	struct wire_disposition d = { 0, SCARD_LEAVE_CARD, 9 };

	start();
	(void)hold(worker, w_card);
	d.card = w_card;
	EXPECT_OK(rig_say(worker, WIRE_DISCONNECT, &d, sizeof(d)));
	assert_int_equal(rig_asked(&rig, NULL), WORKER_POWER);
	rig_stop(&rig);
}

TEST(a_hold_is_not_a_share)
{
	start();
	(void)hold(worker, w_card);
	assert_int_equal(handle_sharing(rig.svc.slots[0]), 0);
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	p_card = open_card(plain, SCARD_SHARE_EXCLUSIVE);
	assert_int_equal(handle_sharing(rig.svc.slots[0]), -1);
	rig_stop(&rig);
}

TEST(an_exclusive_client_keeps_the_card_unless_it_is_taken)
{
	struct wire_handle s;

	start();
	p_card = open_card(plain, SCARD_SHARE_EXCLUSIVE);
	ask_hold(worker, w_card, 0);
	assert_int_equal(worker->io.out.n, 0);
	say_transmit(plain, p_card); /* it is not even slowed down */
	assert_int_equal(plain->io.out.n, sizeof(struct wire_transmit) + 2);
	buf_reset(&plain->io.out);
	ask_hold(other, o_card, WIRE_HOLD_TAKE);
	assert_int_equal(granted(other), 1);
	s.card = p_card;
	EXPECT_OK(rig_say(plain, WIRE_STATUS, &s, sizeof(s)));
	assert_true(rig_hear(plain, &s, sizeof(s)));
	assert_int_equal(s.rv, SCARD_W_RESET_CARD);
	assert_int_equal(worker->io.out.n, 0);
	rig_stop(&rig);
}

TEST(not_even_a_login_takes_a_card_out_of_a_transaction)
{
	struct wire_handle b;
	struct wire_disposition d = { 0, SCARD_LEAVE_CARD, 9 };

	start();
	b.card = d.card = p_card = open_card(plain, SCARD_SHARE_EXCLUSIVE);
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	ask_hold(other, o_card, WIRE_HOLD_TAKE);
	assert_int_equal(other->io.out.n, 0);
	EXPECT_OK(rig_say(plain, WIRE_END_TRANSACTION, &d, sizeof(d)));
	rig_serve(&rig);
	assert_int_equal(granted(other), 1);
	rig_stop(&rig);
}

static void
pass_time(uint64_t ms)
{
	rig.svc.slots[0]->used_ms -= ms;
	rig.svc.slots[0]->wanted_ms -= ms;
	slot_run(rig.svc.slots[0]);
}

TEST(but_after_five_seconds_without_a_command_it_does)
{
	struct wire_handle b;

	start();
	b.card = p_card = open_card(plain, SCARD_SHARE_EXCLUSIVE);
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	buf_reset(&plain->io.out);
	/* whoever is no login waits for an exclusive client's end */
	ask_hold(worker, w_card, 0);
	pass_time(IDLE_MS);
	rig_serve(&rig);
	assert_ptr_equal(rig.svc.slots[0]->holder, plain->handles);
	ask_hold(other, o_card, WIRE_HOLD_TAKE);
	rig_serve(&rig);
	assert_int_equal(granted(other), WIRE_TOUCHED_RESET);
	EXPECT_OK(rig_say(plain, WIRE_STATUS, &b, sizeof(b)));
	assert_true(rig_hear(plain, &b, sizeof(b)));
	assert_int_equal(b.rv, SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

/* It waits for others' commands, but not for all that they might send. */
TEST(a_transaction_with_commands_is_over_when_a_login_has_waited)
{
	struct wire_transmit t = { .send_protocol = 2, .send_length = 4 };
	struct wire_handle b;
	struct job *login;

	start();
	b.card = p_card = open_card(plain, SCARD_SHARE_SHARED);
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	assert_true(rig_hear(plain, &b, sizeof(b)));
	ask_hold(other, o_card, WIRE_HOLD_TAKE);
	login = other->job;
	for (unsigned int s = 0; s < 9; s++) {
		login->login_ms -= 1000;
		say_transmit(plain, p_card);
	}
	assert_ptr_equal(rig.svc.slots[0]->holder, plain->handles);
	login->login_ms -= 1000;
	t.card = p_card; /* not in the middle of a command */
	EXPECT_OK(rig_say_data(
	    plain, WIRE_TRANSMIT, &t, sizeof(t), span_str("ABCD")));
	assert_ptr_equal(rig.svc.slots[0]->holder, plain->handles);
	rig_serve(&rig);
	assert_int_equal(granted(other), WIRE_TOUCHED_RESET);
	buf_reset(&plain->io.out);
	EXPECT_OK(rig_say_data(
	    plain, WIRE_TRANSMIT, &t, sizeof(t), span_str("ABCD")));
	assert_true(rig_hear(plain, &t, sizeof(t))); /* at once */
	assert_int_equal(t.rv, SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

TEST(a_login_goes_before_all_who_wait)
{
	struct wire_handle b;
	struct wire_disposition d = { 0, SCARD_LEAVE_CARD, 9 };
	struct client *many[8];

	start();
	b.card = d.card = p_card = open_card(plain, SCARD_SHARE_SHARED);
	for (size_t i = 0; i < nitems(many); i++) {
		many[i] = rig_client(&rig, DIALECT_PLAIN);
		(void)open_card(many[i], SCARD_SHARE_SHARED);
	}
	EXPECT_OK(rig_say(plain, WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	buf_reset(&plain->io.out);
	for (size_t i = 0; i < nitems(many); i++) {
		b.card = many[i]->handles->card;
		EXPECT_OK(
		    rig_say(many[i], WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
	}
	ask_hold(worker, w_card, WIRE_HOLD_FIRST);
	ask_hold(other, o_card, WIRE_HOLD_TAKE);
	EXPECT_OK(rig_say(plain, WIRE_END_TRANSACTION, &d, sizeof(d)));
	rig_serve(&rig);
	assert_int_equal(granted(worker), 1);
	assert_true(wanted(worker));
	unhold(worker, w_card, SCARD_LEAVE_CARD);
	assert_int_equal(granted(other), 1);
	for (size_t i = 0; i < nitems(many); i++)
		assert_int_equal(many[i]->io.out.n, 0);
	rig_stop(&rig);
}

TEST(a_worker_that_does_not_answer_wanted_loses_the_card)
{
	uint32_t how;

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	(void)hold(worker, w_card);
	pass_time(10 * IDLE_MS); /* nobody wants it */
	assert_false(worker->io.closing);
	say_transmit(plain, p_card);
	assert_true(wanted(worker));
	pass_time(IDLE_MS - SLACK_MS);
	assert_false(worker->io.closing);
	worker_transmit(worker, w_card); /* it lives */
	pass_time(IDLE_MS - SLACK_MS);
	assert_false(worker->io.closing);
	pass_time(SLACK_MS);
	assert_true(worker->io.closing);
	client_free(worker); /* as the loop does */
	assert_int_equal(rig_asked(&rig, &how), WORKER_POWER);
	assert_int_equal(how, WORKER_POWER_WARM);
	rig_stop(&rig);
}

/* Everything that a stranger can say about a card. */
static err_t
say_to_card(struct client *c, int32_t card, uint32_t command)
{
	struct wire_transmit t = { .card = card,
		.send_protocol = 2,
		.send_length = 4,
		.recv_length = 2 };
	struct wire_control k = {
		.card = card, .code = 1, .send_length = 4, .recv_length = 16
	};
	struct wire_attrib a = { .card = card, .id = 1, .length = 4 };
	struct wire_reconnect r = { .card = card,
		.share = SCARD_SHARE_SHARED,
		.preferred = 3,
		.initialization = SCARD_UNPOWER_CARD };
	struct wire_disposition d = { card, SCARD_UNPOWER_CARD, 9 };

	switch (command) {
	case WIRE_TRANSMIT:
		return rig_say_data(
		    c, command, &t, sizeof(t), span_str("ABCD"));
	case WIRE_CONTROL:
		return rig_say_data(
		    c, command, &k, sizeof(k), span_str("ABCD"));
	case WIRE_GET_ATTRIB:
	case WIRE_SET_ATTRIB:
		return rig_say(c, command, &a, sizeof(a));
	case WIRE_RECONNECT:
		return rig_say(c, command, &r, sizeof(r));
	default: /* END_TRANSACTION, DISCONNECT */
		return rig_say(c, command, &d, sizeof(d));
	}
}

/*
 * Among them CONTROL, by which a reader with a keypad is told to present a PIN
 * (PC/SC part 10), and every kind of reset.
 */
TEST(nothing_of_a_stranger_reaches_the_card_while_a_worker_holds_it)
{
	static const uint32_t shares[] = { SCARD_SHARE_SHARED,
		SCARD_SHARE_DIRECT };
	static const uint32_t commands[] = { WIRE_TRANSMIT, WIRE_CONTROL,
		WIRE_GET_ATTRIB, WIRE_SET_ATTRIB, WIRE_RECONNECT,
		WIRE_END_TRANSACTION, WIRE_DISCONNECT };

	for (size_t s = 0; s < nitems(shares); s++) {
		for (size_t i = 0; i < nitems(commands); i++) {
			start();
			p_card = open_card(plain, shares[s]);
			(void)hold(worker, w_card);
			EXPECT_OK(say_to_card(plain, p_card, commands[i]));
			if (rig_asked(&rig, NULL) != 0)
				fail_msg("command %u, share %u reached it",
				    commands[i], shares[s]);
			client_free(plain); /* nor does its end */
			assert_int_equal(rig_asked(&rig, NULL), 0);
			rig_stop(&rig);
		}
	}
}

TEST(unhold_takes_a_waiting_hold_back)
{
	struct wire_disposition u = { 0, SCARD_LEAVE_CARD, 9 };
	struct wire_hold h;

	start();
	(void)hold(other, o_card);
	ask_hold(worker, w_card, 0);
	u.card = w_card;
	EXPECT_OK(rig_say(worker, WIRE_UNHOLD, &u, sizeof(u)));
	assert_int_equal(WIRE_HOLD, rig_hear_worker(worker, &h, sizeof(h)));
	assert_int_equal(h.rv, SCARD_E_CANCELLED);
	assert_int_equal(WIRE_UNHOLD, rig_hear_worker(worker, &u, sizeof(u)));
	assert_int_equal(u.rv, SCARD_E_NOT_TRANSACTED);
	assert_true(wanted(other));
	unhold(other, o_card, SCARD_LEAVE_CARD);
	assert_int_equal(worker->io.out.n, 0);
	(void)hold(worker, w_card);
	rig_stop(&rig);
}

TEST(nothing_else_may_follow_a_waiting_hold)
{
	struct wire_handle s = { 0 };

	start();
	(void)hold(other, o_card);
	ask_hold(worker, w_card, 0);
	s.card = w_card;
	EXPECT_ERR(ERR_SEQUENCE, rig_say(worker, WIRE_STATUS, &s, sizeof(s)),
	    "STATUS");
	rig_stop(&rig);
}

TEST(removal_ends_a_hold)
{
	struct wire_hold h = { 0 };

	start();
	(void)hold(worker, w_card);
	rig_card(&rig, false);
	rig_card(&rig, true);
	assert_null(rig.svc.slots[0]->holder);
	h.card = w_card;
	EXPECT_OK(rig_say(worker, WIRE_HOLD, &h, sizeof(h)));
	assert_int_equal(WIRE_HOLD, rig_hear_worker(worker, &h, sizeof(h)));
	assert_int_equal(h.rv, SCARD_W_REMOVED_CARD);
	rig_stop(&rig);
}

TEST(count_counts_what_this_handle_sent)
{
	struct wire_count n = { 0 };

	start();
	p_card = open_card(plain, SCARD_SHARE_SHARED);
	say_transmit(plain, p_card);
	(void)hold(worker, w_card);
	worker_transmit(worker, w_card);
	worker_transmit(worker, w_card);
	n.card = w_card;
	EXPECT_OK(rig_say(worker, WIRE_COUNT, &n, sizeof(n)));
	assert_int_equal(WIRE_COUNT, rig_hear_worker(worker, &n, sizeof(n)));
	assert_int_equal(n.apdus_low, 2);
	assert_int_equal(n.apdus_high, 0);
	assert_int_equal(rig.svc.slots[0]->apdus, 3);
	rig_stop(&rig);
}

/* What CONNECT of a worker that has its card says now. */
static uint32_t
connect_again(const char *reader, uint32_t share)
{
	struct wire_connect b = { .share = share, .preferred = 3 };

	b.context = worker->context;
	(void)snprintf(b.reader, sizeof(b.reader), "%s", reader);
	EXPECT_OK(rig_say(worker, WIRE_CONNECT, &b, sizeof(b)));
	rig_serve(&rig);
	assert_int_equal(WIRE_CONNECT, rig_hear_worker(worker, &b, sizeof(b)));
	return b.rv;
}

TEST(a_worker_reaches_no_card_but_the_one_it_was_started_for)
{
	struct wire_reconnect r = { .share = 2, .preferred = 3 };

	start();
	assert_int_equal(connect_again(RIG_READER, SCARD_SHARE_SHARED), 0);
	assert_int_equal(connect_again(RIG_READER, SCARD_SHARE_DIRECT),
	    SCARD_W_SECURITY_VIOLATION);
	(void)snprintf(worker->bound, sizeof(worker->bound), "Another 00 00");
	assert_int_equal(connect_again(RIG_READER, SCARD_SHARE_SHARED),
	    SCARD_W_SECURITY_VIOLATION);
	rig_stop(&rig);

	start();
	rig_card(&rig, false);
	rig_card(&rig, true);
	assert_int_equal(connect_again(RIG_READER, SCARD_SHARE_SHARED),
	    SCARD_W_SECURITY_VIOLATION);
	r.card = w_card;
	EXPECT_OK(rig_say(worker, WIRE_RECONNECT, &r, sizeof(r)));
	rig_serve(&rig);
	assert_int_equal(
	    WIRE_RECONNECT, rig_hear_worker(worker, &r, sizeof(r)));
	assert_int_equal(r.rv, SCARD_W_REMOVED_CARD);
	rig_stop(&rig);
}

TEST_MAIN("readerd/hold")
