/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/failing.h"

#include "test.h"

static const struct worker_frame command = { .type = WORKER_TRANSMIT },
				 on = { .type = WORKER_POWER,
					 .value = WORKER_POWER_COLD },
				 off = { .type = WORKER_POWER,
					 .value = WORKER_POWER_OFF },
				 control = { .type = WORKER_CONTROL };

TEST(looks_that_fail_in_a_row_are_too_many)
{
	struct failing f = { 0 };

	for (unsigned int i = 1; i < FAILING_LOOKS; i++)
		assert_false(failing_look(&f, 0, ERR_IO));
	assert_true(failing_look(&f, 0, ERR_IO));
}

TEST(a_look_that_says_anything_ends_the_row)
{
	static const err_t answers[] = { ERR_OK, ERR_REMOVED };

	for (size_t i = 0; i < nitems(answers); i++) {
		struct failing f = { 0 };

		for (unsigned int n = 0; n < 100; n++) {
			for (unsigned int k = 1; k < FAILING_LOOKS; k++)
				assert_false(failing_look(&f, 0, ERR_IO));
			assert_false(failing_look(&f, 0, answers[i]));
		}
	}
}

TEST(commands_that_fail_in_a_row_are_too_many)
{
	static const err_t errors[] = { ERR_IO, ERR_TIMEOUT };

	for (size_t i = 0; i < nitems(errors); i++) {
		struct failing f = { 0 };

		for (unsigned int n = 1; n < FAILING_COMMANDS; n++)
			assert_false(
			    failing_request(&f, 0, &command, errors[i]));
		assert_true(failing_request(&f, 0, &command, errors[i]));
	}
}

/* What comes between two commands that fail. */
TEST(what_ends_a_row_and_what_does_not)
{
	static const struct {
		const char *why;
		const struct worker_frame *r;
		err_t e;
		bool ends;
	} rows[] = {
		{ "a card's answer", &command, ERR_OK, true },
		{ "an answer to reset", &on, ERR_OK, true },
		{ "power off, which needs no card", &off, ERR_OK, false },
		{ "what the driver knows by itself", &control, ERR_OK, false },
		{ "no card", &command, ERR_REMOVED, false },
		{ "a mute card", &on, ERR_IO, false },
		{ "not for this driver", &command, ERR_UNSUPPORTED, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct failing f = { 0 };
		bool failed = false;

		for (unsigned int n = 0; n < FAILING_COMMANDS; n++) {
			failed =
			    failing_request(&f, 0, &command, ERR_IO) || failed;
			failed = failing_request(&f, 0, rows[i].r, rows[i].e) ||
			    failed;
		}
		if (failed == rows[i].ends)
			fail_msg("%s", rows[i].why);
	}
}

TEST(what_is_no_failure_of_the_reader_never_counts)
{
	static const struct {
		const struct worker_frame *r;
		err_t e;
	} rows[] = {
		{ &command, ERR_REMOVED },
		{ &command, ERR_UNSUPPORTED },
		{ &command, ERR_LIMIT },
		{ &on, ERR_IO },
		{ &on, ERR_TIMEOUT },
		{ &off, ERR_IO },
		{ &control, ERR_IO },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct failing f = { 0 };

		for (unsigned int n = 0; n < 10 * FAILING_COMMANDS; n++)
			assert_false(
			    failing_request(&f, 0, rows[i].r, rows[i].e));
	}
}

/* Looks work, for instance since the driver remembers what it was told. */
TEST(looks_and_commands_are_rows_of_their_own)
{
	struct failing f = { 0 };

	for (unsigned int n = 1; n < FAILING_COMMANDS; n++) {
		assert_false(failing_request(&f, 0, &command, ERR_IO));
		assert_false(failing_look(&f, 0, ERR_OK));
	}
	assert_true(failing_request(&f, 0, &command, ERR_IO));
}

/* A slow command in one slot, while another slot gets no answer. */
TEST(who_is_served_and_has_not_failed_yet_is_waited_for)
{
	struct failing f = { 0 };

	failing_enter(&f, 1);
	for (unsigned int n = 0; n < 3 * FAILING_COMMANDS; n++) {
		failing_enter(&f, 0);
		assert_false(failing_request(&f, 0, &command, ERR_IO));
		assert_false(failing_look(&f, 0, ERR_IO));
		failing_leave(&f, 0);
	}
	assert_false(failing_request(&f, 1, &command, ERR_OK));
	assert_false(failing_look(&f, 1, ERR_REMOVED));
	failing_leave(&f, 1);
	for (unsigned int n = 1; n < FAILING_LOOKS; n++)
		assert_false(failing_look(&f, 0, ERR_IO));
	assert_true(failing_look(&f, 0, ERR_IO));
}

TEST(who_was_waited_for_and_fails_as_well_ends_it)
{
	struct failing f = { 0 };

	failing_enter(&f, 1);
	for (unsigned int n = 0; n < FAILING_COMMANDS; n++) {
		assert_false(failing_request(&f, 0, &command, ERR_IO));
		assert_false(failing_look(&f, 0, ERR_IO));
	}
	assert_true(failing_request(&f, 1, &command, ERR_TIMEOUT));
	assert_true(failing_look(&f, 1, ERR_IO));
}

/* Neither waits for the next call of the other. */
TEST(two_that_fail_in_turns_are_given_up)
{
	struct failing f = { 0 };

	failing_enter(&f, 0);
	failing_enter(&f, 1);
	for (unsigned int n = 1; n < FAILING_COMMANDS; n++) {
		assert_false(failing_request(&f, n % 2, &command, ERR_IO));
		assert_false(failing_look(&f, n % 2, ERR_OK));
	}
	assert_true(failing_request(&f, 0, &command, ERR_IO));
}

TEST(the_last_number_of_all_counts_too)
{
	struct failing f = { 0 };

	failing_enter(&f, WORKER_SLOTS - 1);
	for (unsigned int n = 0; n < FAILING_LOOKS; n++)
		assert_false(failing_look(&f, 0, ERR_IO));
	failing_leave(&f, WORKER_SLOTS - 1);
	assert_true(failing_look(&f, 0, ERR_IO));
}

TEST_MAIN("reader/ifd/failing")
