/* SPDX-License-Identifier: BSD-2-Clause */
/* The preference Logging: one reader's APDUs, once. */
#include "readerd/logging.h"

#include "readerd/rig.h"
#include "test.h"

static struct rig rig;
static unsigned int used;

static void
on_used(struct service *svc)
{
	assert_ptr_equal(svc, &rig.svc);
	used++;
}

static void
start(void)
{
	rig_start(&rig);
	rig.svc.log_used = on_used;
	used = 0;
}

static bool
logged(void)
{
	return rig.svc.slots[0]->log.on;
}

static void
again(void)
{
	rig_unplug(&rig);
	rig_plug(&rig);
}

TEST(the_next_reader_is_logged_and_no_other)
{
	start();
	logging_set(&rig.svc, true);
	assert_false(logged()); /* it was there before */
	again();
	assert_true(logged());
	assert_int_equal(used, 1);
	logging_set(&rig.svc, false); /* ours: it has been used up */
	assert_true(logged());
	again();
	assert_false(logged());
	assert_int_equal(used, 1);
	rig_stop(&rig);
}

TEST(a_preference_that_stays_on_does_not_log_twice)
{
	start();
	logging_set(&rig.svc, true);
	again();
	logging_set(&rig.svc, true); /* another key has changed */
	again();
	assert_false(logged());
	assert_int_equal(used, 1);
	rig_stop(&rig);
}

TEST(turned_off_before_a_reader_came_nothing_is_logged)
{
	start();
	logging_set(&rig.svc, true);
	logging_set(&rig.svc, false);
	again();
	assert_false(logged());
	assert_int_equal(used, 0);
	rig_stop(&rig);
}

TEST(turned_on_and_off_again_it_ends_a_log_under_way)
{
	start();
	logging_set(&rig.svc, true);
	again();
	logging_set(&rig.svc, false); /* ours */
	assert_true(logged());
	logging_set(&rig.svc, true);
	logging_set(&rig.svc, false);
	assert_false(logged());
	again();
	assert_false(logged());
	rig_stop(&rig);
}

TEST(each_time_it_is_turned_on_one_reader_is_logged)
{
	start();
	for (unsigned int i = 1; i <= 3; i++) {
		logging_set(&rig.svc, true);
		again();
		assert_true(logged());
		logging_set(&rig.svc, false);
		again();
		assert_false(logged());
		assert_int_equal(used, i);
	}
	rig_stop(&rig);
}

TEST_MAIN("readerd/logging")
