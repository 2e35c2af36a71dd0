/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets the card when: transactions and their end. */
#include "readerd/rig.h"

#include "readerd/handle.h"
#include "readerd/idle.h"
#include "test.h"

#define N 3

static struct rig rig;
static struct client *c[N];
static int32_t card[N];

static void
start(void)
{
	struct wire_establish e = { .scope = 2 };

	rig_start(&rig);
	rig_card(&rig, true);
	for (size_t i = 0; i < N; i++) {
		struct wire_connect b = { .share = 2, .preferred = 2 };

		c[i] = rig_client(&rig, DIALECT_PLAIN);
		EXPECT_OK(rig_say(c[i], WIRE_ESTABLISH_CONTEXT, &e, sizeof(e)));
		assert_true(rig_hear(c[i], &e, sizeof(e)));
		b.context = e.context;
		memcpy(b.reader, RIG_READER, sizeof(RIG_READER));
		EXPECT_OK(rig_say(c[i], WIRE_CONNECT, &b, sizeof(b)));
		rig_serve(&rig);
		assert_true(rig_hear(c[i], &b, sizeof(b)));
		assert_int_equal(b.rv, 0);
		card[i] = b.card;
	}
}

static void
begin(size_t i)
{
	struct wire_handle b = { card[i], 9 };

	EXPECT_OK(rig_say(c[i], WIRE_BEGIN_TRANSACTION, &b, sizeof(b)));
}

static void
end(size_t i, uint32_t disposition)
{
	struct wire_disposition b = { card[i], disposition, 9 };

	EXPECT_OK(rig_say(c[i], WIRE_END_TRANSACTION, &b, sizeof(b)));
}

static void
transmit(size_t i)
{
	struct wire_transmit b = { .card = card[i],
		.send_protocol = 2,
		.send_length = 4,
		.recv_length = 2 };

	EXPECT_OK(
	    rig_say_data(c[i], WIRE_TRANSMIT, &b, sizeof(b), span_str("ABCD")));
}

/* The rv of a BEGIN, END or TRANSMIT that is answered. */
static uint32_t
heard(size_t i, size_t n)
{
	uint8_t body[sizeof(union wire_body)];
	uint32_t rv;

	if (!rig_hear(c[i], body, n))
		fail_msg("client %zu: no answer", i);
	memcpy(&rv, body + n - 4, 4);
	if (n == sizeof(struct wire_transmit) && rv == 0)
		assert_true(rig_hear(c[i], body, 2));
	return rv;
}

#define BEGIN_N sizeof(struct wire_handle)
#define END_N sizeof(struct wire_disposition)
#define TRANSMIT_N sizeof(struct wire_transmit)

static void
silent(size_t i)
{
	assert_int_equal(c[i]->io.out.n, 0);
}

TEST(two_greedy_clients_take_turns)
{
	unsigned int turns[2] = { 0, 0 };

	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	for (unsigned int i = 0; i < 100; i++) {
		size_t has = i % 2;

		silent(1 - has);
		turns[has]++;
		end(has, SCARD_LEAVE_CARD);
		assert_int_equal(heard(has, END_N), 0);
		begin(has); /* at once, before the other has heard */
		silent(has);
		assert_int_equal(heard(1 - has, BEGIN_N), 0);
	}
	assert_int_equal(turns[0], turns[1]);
	rig_stop(&rig);
}

TEST(first_come_first_served)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	transmit(1);
	begin(2);
	silent(1);
	silent(2);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), 0);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	silent(2);
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(1, TRANSMIT_N), 0);
	assert_int_equal(heard(2, BEGIN_N), 0);
	rig_stop(&rig);
}

TEST(transactions_nest)
{
	start();
	begin(0);
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), 0);
	silent(1);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(1, BEGIN_N), 0);
	assert_int_equal(heard(0, END_N), 0);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), SCARD_E_SHARING_VIOLATION);
	end(0, SCARD_RESET_CARD);
	assert_int_equal(heard(0, END_N), SCARD_E_SHARING_VIOLATION);
	rig_stop(&rig);
}

TEST(the_death_of_a_holder_resets_before_anybody_else)
{
	struct wire_handle s = { 0 };
	uint32_t how;

	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	client_free(c[0]);
	silent(1);
	assert_int_equal(rig_asked(&rig, &how), WORKER_POWER);
	assert_int_equal(how, WORKER_POWER_WARM);
	silent(1);
	rig_answer(&rig, ERR_OK, "3b800181");
	assert_int_equal(heard(1, BEGIN_N), SCARD_W_RESET_CARD);
	s.card = card[2];
	EXPECT_OK(rig_say(c[2], WIRE_STATUS, &s, sizeof(s)));
	assert_int_equal(heard(2, BEGIN_N), SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

TEST(death_in_the_middle_of_a_command_of_a_transaction_resets)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	transmit(0);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	transmit(1);
	client_free(c[0]);
	assert_int_equal(rig_asked(&rig, NULL), 0); /* the card is busy */
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(rig_asked(&rig, NULL), WORKER_POWER);
	rig_answer(&rig, ERR_OK, "3b800181");
	assert_int_equal(rig_asked(&rig, NULL), 0);
	assert_int_equal(heard(1, TRANSMIT_N), SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

TEST(who_waits_and_dies_leaves_the_queue)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	begin(2);
	client_free(c[1]);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(2, BEGIN_N), 0);
	assert_int_equal(rig_asked(&rig, NULL), 0); /* and nothing is reset */
	rig_stop(&rig);
}

TEST(removal_ends_everything_that_waits)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	transmit(0);
	begin(1);
	transmit(2);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	rig_card(&rig, false);
	rig_answer(&rig, ERR_REMOVED, "");
	assert_int_equal(heard(0, TRANSMIT_N), SCARD_W_REMOVED_CARD);
	assert_int_equal(heard(1, BEGIN_N), SCARD_W_REMOVED_CARD);
	assert_int_equal(heard(2, TRANSMIT_N), SCARD_W_REMOVED_CARD);
	rig_card(&rig, true);
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), SCARD_W_REMOVED_CARD);
	rig_stop(&rig);
}

TEST(end_with_reset_marks_everybody)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	end(0, SCARD_RESET_CARD);
	silent(0);
	silent(1);
	rig_serve(&rig);
	assert_int_equal(heard(0, END_N), 0);
	assert_int_equal(heard(1, BEGIN_N), SCARD_W_RESET_CARD);
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

static void
pass_time(uint64_t ms)
{
	rig.svc.slots[0]->used_ms -= ms;
	rig.svc.slots[0]->wanted_ms -= ms;
	slot_run(rig.svc.slots[0]);
}

static void
reconnect(size_t i)
{
	struct wire_reconnect b = {
		.card = card[i], .share = 2, .preferred = 2
	};

	EXPECT_OK(rig_say(c[i], WIRE_RECONNECT, &b, sizeof(b)));
	rig_serve(&rig);
	assert_int_equal(heard(i, sizeof(b)), 0);
}

TEST(a_transaction_without_a_command_ends_when_others_wait)
{
	uint32_t how;

	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	begin(1);
	pass_time(IDLE_MS - SLACK_MS);
	silent(1);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	pass_time(SLACK_MS);
	assert_int_equal(rig_asked(&rig, &how), WORKER_POWER);
	assert_int_equal(how, WORKER_POWER_WARM);
	rig_answer(&rig, ERR_OK, "3b800181");
	assert_int_equal(heard(1, BEGIN_N), SCARD_W_RESET_CARD);
	reconnect(1);
	begin(1);
	assert_int_equal(heard(1, BEGIN_N), 0);
	/* the one who slept hears of it, whatever he does next */
	transmit(0);
	assert_int_equal(heard(0, TRANSMIT_N), SCARD_W_RESET_CARD);
	end(1, SCARD_LEAVE_CARD);
	assert_int_equal(heard(1, END_N), 0);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), SCARD_W_RESET_CARD);
	reconnect(0);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), SCARD_E_NOT_TRANSACTED);
	rig_stop(&rig);
}

TEST(it_lasts_while_nobody_waits)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	pass_time(10 * IDLE_MS);
	transmit(0);
	rig_serve(&rig);
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	begin(1);
	pass_time(IDLE_MS - SLACK_MS);
	silent(1);
	/* each command begins the time anew */
	transmit(0);
	rig_serve(&rig);
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	pass_time(IDLE_MS - SLACK_MS);
	silent(1);
	end(0, SCARD_LEAVE_CARD);
	assert_int_equal(heard(0, END_N), 0);
	assert_int_equal(heard(1, BEGIN_N), 0);
	rig_stop(&rig);
}

TEST(not_while_its_command_is_at_the_card)
{
	start();
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	transmit(0);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	begin(1);
	pass_time(10 * IDLE_MS);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	silent(1);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	pass_time(IDLE_MS);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_POWER);
	rig_stop(&rig);
}

TEST(a_nested_transaction_ends_as_a_whole)
{
	start();
	begin(0);
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	transmit(1);
	pass_time(IDLE_MS);
	rig_serve(&rig);
	assert_int_equal(heard(1, TRANSMIT_N), SCARD_W_RESET_CARD);
	assert_int_equal(rig.svc.slots[0]->depth, 0);
	rig_stop(&rig);
}

TEST(a_connection_that_waits_is_somebody_too)
{
	struct wire_connect b = { .share = 2, .preferred = 2 };
	struct wire_disposition d = { card[1], SCARD_LEAVE_CARD, 9 };

	start();
	d.card = card[1];
	EXPECT_OK(rig_say(c[1], WIRE_DISCONNECT, &d, sizeof(d)));
	assert_int_equal(heard(1, END_N), 0);
	begin(0);
	assert_int_equal(heard(0, BEGIN_N), 0);
	b.context = c[1]->context;
	memcpy(b.reader, RIG_READER, sizeof(RIG_READER));
	EXPECT_OK(rig_say(c[1], WIRE_CONNECT, &b, sizeof(b)));
	silent(1);
	pass_time(IDLE_MS);
	rig_serve(&rig);
	assert_int_equal(heard(1, sizeof(b)), 0);
	rig_stop(&rig);
}

TEST(an_answer_that_nobody_asked_for_is_a_lie)
{
	struct worker_frame f = { .type = WORKER_ANSWER, .id = 4711 };

	start();
	EXPECT_OK(worker_build(&f, &rig.svc.ifds[0].channel.in));
	EXPECT_ERR(ERR_FORMAT, ifd_input(&rig.svc.ifds[0]), "unasked");
	rig_stop(&rig);
}

/* One command that is answered at once: what a program does, no chip. */
static void
be_quick(void)
{
	transmit(0);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	rig.svc.slots[0]->flight.quick = true; /* whatever the clock says */
}

TEST(commands_to_a_quick_card_fly_together_and_keep_their_order)
{
	start();
	be_quick();
	for (size_t i = 0; i < N; i++) {
		transmit(i);
		assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	}
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	silent(1);
	rig_answer(&rig, ERR_TIMEOUT, "");
	assert_int_not_equal(heard(1, TRANSMIT_N), 0);
	silent(2);
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(2, TRANSMIT_N), 0);
	rig_stop(&rig);
}

TEST(a_slow_card_has_one_command_at_a_time)
{
	start();
	be_quick();
	transmit(0);
	rig.svc.slots[0]->flight.since -= 2; /* so long it takes */
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	rig_answer(&rig, ERR_OK, "9000");
	transmit(1);
	transmit(2);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	rig_stop(&rig);
}

TEST(a_transaction_waits_for_what_flies_and_nothing_overtakes_it)
{
	start();
	be_quick();
	transmit(0);
	begin(1);
	transmit(2);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	silent(1);
	rig_answer(&rig, ERR_OK, "9000");
	assert_int_equal(heard(1, BEGIN_N), 0);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	end(1, SCARD_LEAVE_CARD);
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	rig_stop(&rig);
}

TEST(who_dies_while_commands_fly_takes_only_his_own_along)
{
	start();
	be_quick();
	for (size_t i = 0; i < N; i++)
		transmit(i);
	client_free(c[1]);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
		rig_answer(&rig, ERR_OK, "9000");
	}
	assert_int_equal(heard(0, TRANSMIT_N), 0);
	assert_int_equal(heard(2, TRANSMIT_N), 0);
	rig_stop(&rig);
}

TEST(commands_that_fly_when_the_reader_goes_are_all_answered)
{
	start();
	be_quick();
	for (size_t i = 0; i < N; i++)
		transmit(i);
	rig_unplug(&rig);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(
		    heard(i, TRANSMIT_N), SCARD_E_READER_UNAVAILABLE);
	rig_stop(&rig);
}

TEST(answers_in_another_order_are_a_lie)
{
	struct worker_frame f = { .type = WORKER_ANSWER };

	start();
	be_quick();
	transmit(0);
	transmit(1);
	f.id = rig.svc.slots[0]->flight.first->next->id;
	EXPECT_OK(worker_build(&f, &rig.svc.ifds[0].channel.in));
	EXPECT_ERR(ERR_FORMAT, ifd_input(&rig.svc.ifds[0]), "the second first");
	rig_stop(&rig);
}

TEST_MAIN("readerd/queue")
