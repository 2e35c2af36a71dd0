/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More readers than the array of the old protocol has: clients of 4:4 and 4:5
 * see the first sixteen and reach the others by name, those of 4:6 see all.
 */
#include <stdio.h>

#include "readerd/rig.h"
#include "test.h"

#define MANY 40u
#define ALL (MANY + 1) /* and the rig's own */

static struct rig rig;

static void
says(unsigned int driver, const struct worker_frame *f)
{
	struct ifd *ifd = &rig.svc.ifds[driver];

	EXPECT_OK(worker_build(f, &ifd->channel.in));
	EXPECT_OK(ifd_input(ifd));
}

/* Drivers of sixteen slots each beside the rig's reader. */
static void
start(void)
{
	rig_start(&rig);
	for (unsigned int i = 0; i < MANY; i++) {
		unsigned int driver = 1 + i / WORKER_SLOTS;

		if (i % WORKER_SLOTS == 0) {
			rig.svc.ifds_n = driver + 1;
			EXPECT_OK(ifd_attach(&rig.svc.ifds[driver], -1, -1));
		}
		says(driver,
		    &(struct worker_frame){ .type = WORKER_SLOT,
			.slot = (uint16_t)(i % WORKER_SLOTS),
			.body = span_str("Many") });
	}
	assert_int_equal(rig.svc.slots_n, ALL);
}

static struct client *
client(int32_t minor)
{
	struct client *c = rig_client(&rig, DIALECT_PLAIN);
	struct wire_version v = { .major = WIRE_MAJOR, .minor = minor };
	struct wire_establish b = { .scope = 2 };

	EXPECT_OK(rig_say(c, WIRE_VERSION, &v, sizeof(v)));
	assert_true(rig_hear(c, &v, sizeof(v)));
	assert_int_equal(v.rv, 0);
	EXPECT_OK(rig_say(c, WIRE_ESTABLISH_CONTEXT, &b, sizeof(b)));
	assert_true(rig_hear(c, &b, sizeof(b)));
	return c;
}

static void
card_at(unsigned int i, bool in)
{
	static const uint8_t atr[] = { 0x3b, 0x80, 0x01, 0x81 };

	says(1 + i / WORKER_SLOTS,
	    &(struct worker_frame){ .type = WORKER_CARD,
		.slot = (uint16_t)(i % WORKER_SLOTS),
		.value = in ? WORKER_CARD_IN : WORKER_CARD_OUT,
		.body = in ? SPAN_OF(atr) : SPAN_NONE });
}

static void
card_in_the_last(bool in)
{
	card_at(MANY - 1, in);
}

static struct wire_reader_state states[64];

TEST(an_old_client_sees_sixteen_and_reaches_the_last_by_name)
{
	struct wire_connect b = { .share = 2, .preferred = 2 };
	struct client *c;

	start();
	card_in_the_last(true);
	c = client(WIRE_MINOR_ARRAY - 2);
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE, NULL, 0));
	assert_true(rig_hear(c, states, 16 * sizeof(states[0])));
	assert_int_equal(c->io.out.n, 0);
	assert_string_equal(states[0].reader, RIG_READER);
	assert_string_equal(states[15].reader, "Many 01 0E");
	b.context = c->context;
	memcpy(b.reader, rig.svc.slots[ALL - 1]->name, sizeof(b.reader));
	EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
	assert_int_equal(rig.svc.slots[ALL - 1]->flight.n, 1);
	rig_stop(&rig);
}

/* Names are what clients look for, not places. */
TEST(an_old_client_sees_those_that_are_there_not_those_that_were)
{
	struct client *c;

	start();
	card_in_the_last(true);
	for (unsigned int i = 0; i < MANY - 10; i++)
		says(1 + i / WORKER_SLOTS,
		    &(struct worker_frame){ .type = WORKER_NO_SLOT,
			.slot = (uint16_t)(i % WORKER_SLOTS) });
	c = client(WIRE_MINOR_ARRAY - 2);
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(c, states, 16 * sizeof(states[0])));
	assert_string_equal(states[0].reader, RIG_READER);
	for (unsigned int i = 1; i <= 10; i++)
		assert_memory_equal(states[i].reader, "Many 0", 6);
	assert_int_equal(states[10].atr_length, 4);
	assert_string_equal(states[11].reader, "");
	rig_stop(&rig);
}

TEST(an_old_client_wakes_for_a_reader_that_it_does_not_see)
{
	struct wire_wait w = { 0, 1 };
	struct client *c;

	start();
	c = client(WIRE_MINOR_ARRAY - 1);
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(c, states, 16 * sizeof(states[0])));
	assert_int_equal(c->io.out.n, 0);
	card_in_the_last(true);
	assert_true(rig_hear(c, &w, sizeof(w)));
	assert_int_equal(w.rv, 0);
	rig_stop(&rig);
}

TEST(a_new_client_sees_all_of_them)
{
	uint32_t n = 0;
	struct client *c;

	start();
	card_in_the_last(true);
	c = client(WIRE_MINOR_ARRAY);
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE_SIZE, NULL, 0));
	assert_true(rig_hear(c, &n, sizeof(n)));
	assert_int_equal(n, nitems(states));
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE_ARRAY, NULL, 0));
	assert_true(rig_hear(c, states, sizeof(states)));
	assert_int_equal(c->io.out.n, 0);
	for (size_t i = 0; i < ALL; i++)
		assert_string_equal(states[i].reader, rig.svc.slots[i]->name);
	assert_int_equal(states[ALL - 1].atr_length, 4);
	rig_stop(&rig);
}

/* They would see a machine without readers, and give up. */
TEST(who_asks_before_the_readers_are_known_is_answered_then)
{
	struct client *old, *new, *gone;
	uint32_t n = 0;

	rig_start(&rig);
	rig.svc.settling = true;
	old = client(WIRE_MINOR_ARRAY - 2); /* both are answered at once */
	new = client(WIRE_MINOR_ARRAY);
	gone = client(WIRE_MINOR_ARRAY);
	EXPECT_OK(rig_say(old, WIRE_GET_READERS_STATE, NULL, 0));
	EXPECT_OK(rig_say(gone, WIRE_GET_READERS_STATE_SIZE, NULL, 0));
	EXPECT_OK(rig_say(new, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_int_equal(old->io.out.n + new->io.out.n, 0);
	client_free(gone);
	rig_card(&rig, true);
	assert_int_equal(old->io.out.n + new->io.out.n, 0);
	service_settle(&rig.svc);
	assert_true(rig_hear(old, states, 16 * sizeof(states[0])));
	assert_int_equal(states[0].atr_length, 4);
	assert_int_equal(old->io.out.n + new->io.out.n, 0);
	EXPECT_OK(rig_say(new, WIRE_GET_READERS_STATE_SIZE, NULL, 0));
	assert_true(rig_hear(new, &n, sizeof(n)));
	assert_int_equal(n, WIRE_OLD_READERS);
	rig_stop(&rig);
}

TEST(a_connection_waits_until_the_readers_are_known)
{
	struct wire_connect b = { .share = SCARD_SHARE_DIRECT };
	struct client *c;

	rig_start(&rig);
	rig.svc.settling = true;
	c = client(WIRE_MINOR_ARRAY);
	b.context = c->context;
	memcpy(b.reader, "None", 5);
	EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
	assert_int_equal(c->io.out.n, 0);
	service_settle(&rig.svc);
	assert_true(rig_hear(c, &b, sizeof(b)));
	assert_int_equal(b.rv, SCARD_E_UNKNOWN_READER);
	rig_stop(&rig);
}

/* The first two slots of the first driver; whether it can is its own concern. */
TEST(two_slots_of_a_driver_are_asked_at_the_same_time)
{
	struct wire_connect b = { .share = 2, .preferred = 2 };
	struct slot **slots = &rig.svc.slots[1];
	struct worker_frame answer = { .type = WORKER_ANSWER };

	start();
	for (unsigned int i = 0; i < 2; i++) {
		struct client *c = client(WIRE_MINOR_ARRAY);

		card_at(i, true);
		b.context = c->context;
		memcpy(b.reader, slots[i]->name, sizeof(b.reader));
		EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
	}
	assert_int_equal(slots[0]->flight.n, 1);
	assert_int_equal(slots[1]->flight.n, 1);
	/* and either may be the first that is answered */
	answer.slot = 1;
	answer.id = slots[1]->flight.first->id;
	says(1, &answer);
	assert_int_equal(slots[0]->flight.n, 1);
	assert_int_equal(slots[1]->flight.n, 0);
	rig_stop(&rig);
}

TEST_MAIN("readerd/many")
