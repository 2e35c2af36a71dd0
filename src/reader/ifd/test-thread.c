/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's thread with a driver of two slots, and one that hangs. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "reader/ifd/rig.h"
#include "test.h"

static void
cards_come_and_go(unsigned int what)
{
	struct thread *t = rig_start(what, RIG_TIMEOUT_MS);
	struct news in = rig_wants(WORKER_CARD, 1, WORKER_CARD_IN);

	rig_must_hear(WORKER_SLOT, 1, 0);
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	rig.card[1] = true;
	assert_true(rig_hear(&in));
	assert_int_equal(in.f.body.n, sizeof(rig_atr));
	assert_memory_equal(in.body, rig_atr, sizeof(rig_atr));
	rig.card[1] = false;
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	rig_stop(&t);
	assert_null(t);
	assert_int_equal(rig.closed, 2); /* the third was never open */
	assert_false(rig.overlapped);
}

TEST(a_card_is_seen_by_looking)
{
	cards_come_and_go(RIG_PLAIN);
}

TEST(a_card_is_seen_by_the_polling_function)
{
	cards_come_and_go(RIG_POLLS);
}

TEST(a_polling_function_that_can_be_told_to_return_is)
{
	/* and closes both slots before it is given up */
	cards_come_and_go(RIG_POLLS | RIG_STOPS);
	assert_true(rig.told[0] && rig.told[1]);
}

TEST(requests_of_two_slots_are_answered_one_at_a_time)
{
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);

	rig.card[0] = rig.card[1] = true;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_IN);
	for (uint32_t i = 1; i <= 50; i++) {
		rig_command((uint16_t)(i % 2), i);
		rig_must_answer((uint16_t)(i % 2), i);
	}
	rig_stop(&t);
	assert_false(rig.overlapped);
}

TEST(a_slot_that_is_not_open_is_absent_and_an_empty_one_has_no_card)
{
	static const struct {
		uint16_t slot;
		err_t e;
	} cases[] = { { 0, ERR_REMOVED }, { 2, ERR_ABSENT },
		{ WORKER_SLOTS - 1, ERR_ABSENT } };
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);

	rig_must_hear(WORKER_SLOT, 1, 0);
	for (size_t i = 0; i < nitems(cases); i++) {
		struct news a = rig_wants(WORKER_ANSWER, cases[i].slot, 0);

		rig_command(cases[i].slot, 1);
		assert_true(rig_hear(&a));
		assert_int_equal(a.f.value, cases[i].e);
	}
	rig_stop(&t);
}

TEST(requests_that_came_together_are_done_in_their_order)
{
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);
	uint32_t last = 0;

	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_OUT);
	rig.card[0] = true;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	rig_must_hear(WORKER_SLOT, 0, 0);
	rig_must_hear(WORKER_SLOT, 1, 0);
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	rig.hangs[0] = true;
	for (uint32_t id = 1; id <= WORKER_AHEAD; id++)
		rig_command(0, id);
	rig_wait_inside(0);
	rig.hangs[0] = false;
	while (rig.seen_n < WORKER_AHEAD)
		rig_listen();
	for (size_t i = 0; i < rig.seen_n; i++) {
		assert_int_equal(rig_seen(i)->type, WORKER_ANSWER);
		assert_int_equal(rig_seen(i)->id, ++last);
	}
	rig_stop(&t);
	assert_false(rig.overlapped);
}

TEST(a_polling_function_that_returns_at_once_is_asked_what_is_new_and_slowed)
{
	struct thread *t = rig_start(RIG_POLLS, RIG_TIMEOUT_MS);
	uint64_t before;

	rig.hasty = true;
	rig_must_hear(WORKER_SLOT, 1, 0);
	rig.card[1] = true;
	rig_must_hear(WORKER_CARD, 1, WORKER_CARD_IN);
	before = clock_ms();
	while (clock_ms() - before < 1000)
		(void)usleep(10000);
	assert_true(rig.polled > 2);
	assert_true(rig.polled < 400); /* it rests: else there are thousands */
	assert_int_equal(rig.unlooked, 0);
	rig_stop(&t);
	assert_false(rig.overlapped);
}

/* Its loop ends the process; the thread is out of the driver by then. */
TEST(the_end_of_the_channel_ends_the_thread)
{
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);

	rig_must_hear(WORKER_SLOT, 1, 0);
	assert_int_equal(shutdown(rig.ends[0], SHUT_RDWR), 0);
	while (rig.closed < 2)
		(void)usleep(1000);
	rig_stop(&t);
	assert_null(t);
}

/* In a child, since it ends the process. */
static void
hang_and_watch(void)
{
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);
	uint64_t before;

	rig.card[0] = true;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	rig.hangs[0] = true;
	rig_command(0, 1);
	before = clock_ms();
	while (clock_ms() - before < 400)
		assert_in_range(thread_watch(t), 1, 600);
	while (clock_ms() - before < 5000) {
		(void)thread_watch(t);
		(void)usleep(10000);
	}
	_exit(99);
}

TEST(a_driver_that_hangs_ends_its_process)
{
	uint64_t before = clock_ms();
	pid_t p = fork();
	int status;

	assert_true(p >= 0);
	if (p == 0)
		hang_and_watch();
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(clock_ms() - before >= 400);
}

TEST(a_driver_that_does_not_come_back_is_left_behind)
{
	struct thread *t = rig_start(RIG_PLAIN, RIG_TIMEOUT_MS);

	rig.card[0] = true;
	rig_must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	rig.hangs[0] = true;
	rig_command(0, 1);
	rig_wait_inside(0);
	rig_stop(&t);
	assert_non_null(t);
	rig.hangs[0] = false;
	rig_stop(&t);
	assert_null(t);
}

TEST_MAIN("reader/ifd/thread")
