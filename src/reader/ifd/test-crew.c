/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver that says that its slots may be called at the same time. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "reader/ifd/failing.h"
#include "reader/ifd/rig.h"
#include "test.h"

#define LONG_MS 60000u /* nothing is late in a test */

/* Both cards are in. */
static struct thread *
begin(unsigned int what, uint64_t timeout_ms)
{
	struct thread *t = rig_start(what, timeout_ms);

	for (uint16_t i = 0; i < RIG_SLOTS; i++) {
		rig_must_hear(WORKER_SLOT, i, 0);
		rig_must_hear(WORKER_CARD, i, WORKER_CARD_OUT);
		rig.card[i] = true;
		rig_must_hear(WORKER_CARD, i, WORKER_CARD_IN);
	}
	return t;
}

static void
end(struct thread **t)
{
	rig_stop(t);
	assert_null(*t);
	assert_int_equal(rig.closed, RIG_SLOTS);
	assert_false(rig.overlapped_slot);
}

/* The card in one slot thinks; whatever is asked of the other is answered. */
static void
thinks(unsigned int what, uint16_t slow)
{
	struct thread *t = begin(what | RIG_AT_ONCE, LONG_MS);
	uint16_t other = 1 - slow;
	uint32_t id;

	rig.hangs[slow] = true;
	rig_command(slow, 1);
	rig_wait_inside(slow);
	for (id = 1; id <= 20; id++) {
		rig_command(other, id);
		rig_must_answer(other, id);
	}
	rig.card[other] = false;
	rig_must_hear(WORKER_CARD, other, WORKER_CARD_OUT);
	rig.card[other] = true;
	rig_must_hear(WORKER_CARD, other, WORKER_CARD_IN);
	assert_int_equal(rig.inside_slot[slow], 1);
	rig.hangs[slow] = false;
	rig_must_answer(slow, 1);
	end(&t);
}

TEST(a_slot_whose_card_thinks_stops_no_other)
{
	thinks(RIG_PLAIN, 0);
	thinks(RIG_PLAIN, 1);
}

TEST(nor_does_it_where_the_driver_polls)
{
	thinks(RIG_POLLS, 0);
	thinks(RIG_POLLS | RIG_STOPS, 1);
}

TEST(a_driver_that_does_not_say_so_is_called_for_one_slot_at_a_time)
{
	struct thread *t = begin(RIG_PLAIN, LONG_MS);
	struct news early = rig_wants(WORKER_ANSWER, 0, 0);

	rig.hangs[1] = true;
	rig_command(1, 1);
	rig_wait_inside(1);
	rig_command(0, 2);
	for (int i = 0; i < 5; i++)
		rig_listen();
	assert_int_equal(rig.seen_n, 0);
	rig.hangs[1] = false;
	assert_true(rig_hear(&early));
	rig_must_answer(1, 1);
	end(&t);
	assert_false(rig.overlapped);
}

/* While both are in the driver nobody reads; then each slot's come in order. */
TEST(what_comes_while_both_think_is_done_in_its_order)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	rig.hangs[0] = rig.hangs[1] = true;
	for (uint32_t id = 1; id <= WORKER_AHEAD; id++) {
		for (uint16_t slot = 0; slot < RIG_SLOTS; slot++)
			rig_command(slot, id);
		rig_wait_inside(0);
		rig_wait_inside(1);
	}
	rig.hangs[1] = false;
	for (uint32_t id = 1; id <= WORKER_AHEAD; id++)
		rig_must_answer(1, id);
	assert_int_equal(rig.inside_slot[0], 1);
	rig.hangs[0] = false;
	for (uint32_t id = 1; id <= WORKER_AHEAD; id++)
		rig_must_answer(0, id);
	end(&t);
	assert_true(rig.overlapped);
}

TEST(many_commands_at_once_and_cards_that_move)
{
	struct thread *t = begin(RIG_AT_ONCE | RIG_POLLS, LONG_MS);

	for (uint32_t id = 1; id <= 300; id++) {
		rig_command(0, id);
		rig_command(1, id);
		if (id % 100 == 0)
			rig.hasty = !rig.hasty;
		rig_must_answer((uint16_t)(id % 2), id);
		rig_must_answer((uint16_t)(1 - id % 2), id);
	}
	rig.hasty = false;
	rig.card[0] = rig.card[1] = false;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_OUT);
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	end(&t);
}

TEST(a_slot_that_is_not_open_is_absent_at_once)
{
	static const uint16_t none[] = { 2, WORKER_SLOTS - 1 };
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	for (size_t i = 0; i < nitems(none); i++) {
		struct news a = rig_wants(WORKER_ANSWER, none[i], 0);

		rig_command(none[i], 1);
		assert_true(rig_hear(&a));
		assert_int_equal(a.f.value, ERR_ABSENT);
	}
	end(&t);
}

TEST(the_end_of_the_channel_ends_all)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	assert_int_equal(shutdown(rig.ends[0], SHUT_RDWR), 0);
	while (rig.closed < RIG_SLOTS)
		(void)usleep(1000);
	end(&t);
}

TEST(one_that_does_not_come_back_is_left_behind)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	rig.hangs[1] = true;
	rig_command(1, 1);
	rig_wait_inside(1);
	rig_stop(&t);
	assert_non_null(t);
	assert_int_equal(rig.closed, 0); /* not with a call in it */
	rig.hangs[1] = false;
	end(&t);
}

TEST(what_waits_when_it_is_to_end_is_not_begun)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	rig.hangs[0] = rig.hangs[1] = true;
	for (uint16_t slot = 0; slot < RIG_SLOTS; slot++) {
		for (uint32_t id = 1; id <= 4; id++)
			rig_command(slot, id);
		rig_wait_inside(slot);
	}
	rig_stop(&t);
	assert_non_null(t);
	rig.hangs[0] = rig.hangs[1] = false;
	end(&t);
	assert_int_equal(rig.commands, 2);
}

/* ---- what ends the process, in a child */

/* What the child does; its exit code. */
static int
child(void (*body)(void))
{
	pid_t p = fork();
	int status;

	assert_true(p >= 0);
	if (p == 0) {
		body();
		_exit(99);
	}
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* One slot hangs; what the other one does is no excuse. */
static void
hang_beside_work(void)
{
	struct thread *t = begin(RIG_AT_ONCE, 1000);
	uint64_t until;

	rig.hangs[1] = true;
	rig_command(1, 1);
	rig_wait_inside(1);
	until = deadline_in(20000);
	for (uint32_t id = 1; clock_ms() < until; id++) {
		rig_command(0, id);
		rig_must_answer(0, id);
		(void)thread_watch(t);
	}
}

TEST(each_slot_has_its_own_deadline)
{
	assert_int_equal(child(hang_beside_work), 1);
}

/* A look that begins while a card thinks has less time than that. */
TEST(the_clock_is_watched_for_the_shortest_limit)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	rig.hangs[1] = true;
	rig_command(1, 1);
	rig_wait_inside(1);
	assert_in_range(thread_watch(t), 1, 10000);
	rig.hangs[1] = false;
	end(&t);
}

/* Slot 0 gets no word out; while slot 1's card thinks that says nothing. */
TEST(a_broken_slot_does_not_end_the_command_of_another)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);
	unsigned int before;

	rig.hangs[1] = true;
	rig_command(1, 1);
	rig_wait_inside(1);
	rig.mute[0] = true;
	before = rig.looks_slot[0];
	while (rig.looks_slot[0] < before + 2 * FAILING_LOOKS)
		(void)usleep(10000);
	rig.mute[0] = false;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_OUT);
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	rig.hangs[1] = false;
	rig_must_answer(1, 1);
	end(&t);
}

static void
both_fail(void)
{
	struct thread *t = begin(RIG_AT_ONCE, LONG_MS);

	rig.mute[0] = rig.mute[1] = true;
	while (rig.looks < 1000)
		(void)usleep(10000);
	end(&t);
}

TEST(a_reader_that_says_nothing_in_any_slot_is_given_up)
{
	assert_int_equal(child(both_fail), 1);
}

TEST_MAIN("reader/ifd/crew")
