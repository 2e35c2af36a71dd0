/* SPDX-License-Identifier: BSD-2-Clause */
/* Who still gets in when many are there. */
#include "readerd/listen.h"

#include <unistd.h>

#include "readerd/handle.h"
#include "readerd/rig.h"
#include "test.h"

#define MAX 80
#define KEPT (MAX / 8)
#define STRANGER 1000
#define ANOTHER 1001

static struct rig rig;
static size_t refused;

static void
start(void)
{
	rig_start(&rig);
	rig.svc.clients_max = MAX;
}

static bool
room(uid_t uid)
{
	return listen_has_room(&rig.svc, uid, &refused);
}

/* n more of this uid; they are refused if that is what the rule says. */
static void
come(uid_t uid, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool ok = room(uid);
		struct client *c = rig_client(&rig, DIALECT_PLAIN);

		c->peer.uid = uid;
		c->refused = !ok;
	}
}

TEST(a_part_of_the_room_is_for_root_and_for_us)
{
	start();
	come(STRANGER, MAX - KEPT - 1);
	assert_true(room(STRANGER));
	come(STRANGER, 1);
	assert_false(room(STRANGER));
	assert_false(room(ANOTHER));
	assert_true(room(0));
	assert_true(room(geteuid()));
	come(0, KEPT - 1);
	assert_true(room(0));
	come(0, 1);
	assert_false(room(0));
	rig_stop(&rig);
}

TEST(who_is_refused_takes_nothing_of_it)
{
	start();
	come(STRANGER, MAX - KEPT);
	come(STRANGER, 2 * KEPT);
	assert_false(room(STRANGER));
	assert_int_equal(refused, 2 * KEPT);
	assert_true(room(0));
	come(0, KEPT);
	assert_false(room(0));
	rig_stop(&rig);
}

TEST(one_user_has_a_quota_and_root_has_none)
{
	start();
	rig.svc.clients_max = 8 * CONTEXTS_PER_UID;
	come(STRANGER, CONTEXTS_PER_UID);
	assert_false(room(STRANGER));
	assert_true(room(ANOTHER));
	come(0, CONTEXTS_PER_UID);
	assert_true(room(0));
	rig_stop(&rig);
}

/* Handles of this uid's for the card, in as many contexts as it takes. */
static size_t
connect_all(uid_t uid, enum dialect dialect, size_t most)
{
	struct slot *s = rig.svc.slots[0];
	struct handle *h;
	struct client *c = NULL;
	size_t n = 0;

	for (; n < most; n++) {
		if (n % HANDLES_PER_CONTEXT == 0) {
			c = rig_client(&rig, dialect);
			c->peer.uid = uid;
		}
		if (handle_new(c, s, SCARD_SHARE_SHARED, &h) != ERR_OK)
			break;
	}
	return n;
}

TEST(no_user_takes_all_handles_of_a_card)
{
	start();
	assert_int_equal(
	    connect_all(STRANGER, DIALECT_PLAIN, 5000), HANDLES_PER_UID);
	assert_int_equal(
	    connect_all(ANOTHER, DIALECT_PLAIN, 5000), HANDLES_PER_UID);
	assert_int_equal(
	    connect_all(ANOTHER + 1, DIALECT_PLAIN, 5000), HANDLES_PER_UID);
	assert_int_equal(connect_all(ANOTHER + 2, DIALECT_PLAIN, 5000),
	    HANDLES_PER_UID - HANDLES_PER_SLOT / 8);
	assert_int_equal(connect_all(0, DIALECT_PLAIN, 100), 100);
	assert_int_equal(connect_all(STRANGER, DIALECT_WORKER, 100), 100);
	rig_stop(&rig);
}

TEST_MAIN("readerd/listen")
