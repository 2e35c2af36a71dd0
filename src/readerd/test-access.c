/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody was at the seat, connected, and is not there any more. */
#include "readerd/access.h"

#include <string.h>

#include "readerd/rig.h"
#include "test.h"

static struct rig rig;
static struct client *c;
static uint32_t context;

static uint32_t
ask(uint32_t command, void *body, size_t n)
{
	uint32_t rv;

	EXPECT_OK(rig_say(c, command, body, n));
	rig_serve(&rig);
	assert_true(rig_hear(c, body, n));
	memcpy(&rv, (uint8_t *)body + n - sizeof(rv), sizeof(rv));
	return rv;
}

static uint32_t
try_connect(uint32_t share, int32_t *card)
{
	struct wire_connect b = {
		.context = context, .share = share, .preferred = 3
	};
	uint32_t rv;

	memcpy(b.reader, RIG_READER, sizeof(RIG_READER));
	rv = ask(WIRE_CONNECT, &b, sizeof(b));
	*card = b.card;
	return rv;
}

static void
start(void)
{
	struct wire_establish e = { .scope = 2 };

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	assert_int_equal(ask(WIRE_ESTABLISH_CONTEXT, &e, sizeof(e)), 0);
	context = e.context;
}

TEST(who_has_left_the_seat_connects_to_no_other_card)
{
	struct wire_reconnect r = { .share = 2, .preferred = 3 };
	int32_t card;

	start();
	assert_int_equal(try_connect(SCARD_SHARE_SHARED, &r.card), 0);
	rig.svc.access.all = false;
	rig_card(&rig, false);
	rig_card(&rig, true); /* the next user's */
	assert_int_equal(
	    try_connect(SCARD_SHARE_SHARED, &card), SCARD_W_SECURITY_VIOLATION);
	assert_int_equal(
	    ask(WIRE_RECONNECT, &r, sizeof(r)), SCARD_W_SECURITY_VIOLATION);
	rig.svc.access.all = true; /* back again */
	assert_int_equal(try_connect(SCARD_SHARE_SHARED, &card), 0);
	rig_stop(&rig);
}

TEST(a_direct_connection_does_not_outlive_the_seat)
{
	struct wire_handle b = { 0 };

	start();
	assert_int_equal(try_connect(SCARD_SHARE_DIRECT, &b.card), 0);
	rig.svc.access.all = false;
	assert_int_equal(ask(WIRE_BEGIN_TRANSACTION, &b, sizeof(b)),
	    SCARD_W_SECURITY_VIOLATION);
	rig_stop(&rig);
}

TEST_MAIN("readerd/access")
