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
		assert_false(failing_look(&f, ERR_IO));
	assert_true(failing_look(&f, ERR_IO));
}

TEST(a_look_that_says_anything_ends_the_row)
{
	static const err_t answers[] = { ERR_OK, ERR_REMOVED };

	for (size_t i = 0; i < nitems(answers); i++) {
		struct failing f = { 0 };

		for (unsigned int n = 0; n < 100; n++) {
			for (unsigned int k = 1; k < FAILING_LOOKS; k++)
				assert_false(failing_look(&f, ERR_IO));
			assert_false(failing_look(&f, answers[i]));
		}
	}
}

TEST(commands_that_fail_in_a_row_are_too_many)
{
	static const err_t errors[] = { ERR_IO, ERR_TIMEOUT };

	for (size_t i = 0; i < nitems(errors); i++) {
		struct failing f = { 0 };

		for (unsigned int n = 1; n < FAILING_COMMANDS; n++)
			assert_false(failing_request(&f, &command, errors[i]));
		assert_true(failing_request(&f, &command, errors[i]));
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
			    failing_request(&f, &command, ERR_IO) || failed;
			failed =
			    failing_request(&f, rows[i].r, rows[i].e) || failed;
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
			assert_false(failing_request(&f, rows[i].r, rows[i].e));
	}
}

/* Looks work, for instance since the driver remembers what it was told. */
TEST(looks_and_commands_are_rows_of_their_own)
{
	struct failing f = { 0 };

	for (unsigned int n = 1; n < FAILING_COMMANDS; n++) {
		assert_false(failing_request(&f, &command, ERR_IO));
		assert_false(failing_look(&f, ERR_OK));
	}
	assert_true(failing_request(&f, &command, ERR_IO));
}

TEST_MAIN("reader/ifd/failing")
