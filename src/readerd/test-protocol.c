/* SPDX-License-Identifier: BSD-2-Clause */
/* What is spoken with a card: T=0, T=1, raw; and what a failure is called. */
#include "readerd/handle.h"
#include "readerd/rig.h"
#include "test.h"

static struct rig rig;

static struct client *
client(void)
{
	struct client *c = rig_client(&rig, DIALECT_PLAIN);
	struct wire_establish b = { .scope = 2 };

	EXPECT_OK(rig_say(c, WIRE_ESTABLISH_CONTEXT, &b, sizeof(b)));
	assert_true(rig_hear(c, &b, sizeof(b)));
	return c;
}

static void
say_connect(struct client *c, uint32_t share, uint32_t preferred)
{
	struct wire_connect b = { .context = c->context,
		.reader = RIG_READER,
		.share = share,
		.preferred = preferred };

	EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
}

static struct wire_connect
connect_to(struct client *c, uint32_t share, uint32_t preferred)
{
	struct wire_connect b;

	say_connect(c, share, preferred);
	rig_serve(&rig);
	assert_true(rig_hear(c, &b, sizeof(b)));
	return b;
}

static uint32_t
shown(void)
{
	struct wire_reader_state s;

	slot_state(rig.svc.slots[0], &s);
	return s.protocol;
}

TEST(raw_is_for_who_asks_for_it)
{
	struct client *a, *b;

	rig_start(&rig);
	rig_card(&rig, true);
	a = client();
	b = client();
	assert_int_equal(connect_to(a, SCARD_SHARE_DIRECT, 0).active, 0);
	assert_int_equal(connect_to(a, SCARD_SHARE_DIRECT, 4).active, 4);
	assert_int_equal(shown(), SCARD_PROTOCOL_RAW);
	/* and in nobody's way */
	assert_int_equal(connect_to(b, SCARD_SHARE_SHARED, 3).active, 2);
	assert_int_equal(shown(), SCARD_PROTOCOL_T1);
	assert_int_equal(connect_to(a, SCARD_SHARE_DIRECT, 0).active, 2);
	assert_int_equal(connect_to(a, SCARD_SHARE_SHARED, 4).active, 4);
	assert_int_equal(shown(), SCARD_PROTOCOL_T1);
	client_free(b);
	client_free(a);
	rig_stop(&rig);
}

TEST(raw_ends_with_the_last_connection)
{
	struct client *a;

	rig_start(&rig);
	a = client();
	assert_int_equal(connect_to(a, SCARD_SHARE_DIRECT, 4).active, 4);
	client_free(a);
	assert_int_equal(shown(), 0);
	rig_stop(&rig);
}

/* A driver that cannot choose leaves the card with what it speaks unasked. */
TEST(a_driver_that_refuses_t1_is_asked_for_t0)
{
	static const uint8_t both[] = { 0x3b, 0x80, 0x80, 0x01, 0x01 };
	static const struct {
		const char *why;
		uint32_t preferred, rv, active;
	} rows[] = {
		{ "both wanted", 3, SCARD_S_SUCCESS, 1 },
		{ "T=1 alone wanted", 2, SCARD_W_UNRESPONSIVE_CARD, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct wire_connect b;
		struct client *c;
		uint32_t t;

		rig_start(&rig);
		slot_card(rig.svc.slots[0], WORKER_CARD_IN,
		    span_from(both, sizeof(both)));
		c = client();
		say_connect(c, SCARD_SHARE_SHARED, rows[i].preferred);
		assert_int_equal(rig_asked(&rig, &t), WORKER_PROTOCOL);
		assert_int_equal(t, 1);
		rig_answer(&rig, ERR_UNSUPPORTED, "");
		rig_serve(&rig);
		assert_true(rig_hear(c, &b, sizeof(b)));
		if (b.rv != rows[i].rv || b.active != rows[i].active)
			fail_msg("%s: %#x, %u", rows[i].why, b.rv, b.active);
		rig_stop(&rig);
	}
}

#define BOTH "3b80800101"

static void
card_of_both(void)
{
	static const uint8_t both[] = { 0x3b, 0x80, 0x80, 0x01, 0x01 };

	rig_start(&rig);
	slot_card(rig.svc.slots[0], WORKER_CARD_IN, SPAN_OF(both));
}

static uint32_t
connect_rv(struct client *c, uint32_t preferred)
{
	struct wire_connect b;
	unsigned int type;

	say_connect(c, SCARD_SHARE_SHARED, preferred);
	while ((type = rig_asked(&rig, NULL)) != 0)
		rig_answer(&rig, ERR_OK, type == WORKER_POWER ? BOTH : "");
	assert_true(rig_hear(c, &b, sizeof(b)));
	if (b.rv == SCARD_S_SUCCESS)
		assert_int_equal(b.active, preferred);
	return b.rv;
}

static void
leave(struct client *c)
{
	struct wire_disposition b = { c->handles->card, SCARD_LEAVE_CARD, 9 };

	EXPECT_OK(rig_say(c, WIRE_DISCONNECT, &b, sizeof(b)));
	assert_true(rig_hear(c, &b, sizeof(b)));
}

TEST(a_protocol_binds_those_who_speak_it_and_nobody_after_them)
{
	struct client *a, *b;

	card_of_both();
	a = client();
	b = client();
	assert_int_equal(connect_rv(a, SCARD_PROTOCOL_T1), SCARD_S_SUCCESS);
	assert_int_equal(
	    connect_rv(b, SCARD_PROTOCOL_T0), SCARD_E_PROTO_MISMATCH);
	leave(a);
	assert_int_equal(connect_rv(b, SCARD_PROTOCOL_T0), SCARD_S_SUCCESS);
	assert_int_equal(shown(), SCARD_PROTOCOL_T0);
	assert_int_equal(
	    connect_rv(a, SCARD_PROTOCOL_T1), SCARD_E_PROTO_MISMATCH);
	rig_stop(&rig);
}

/* A reset would not teach it to. */
TEST(what_the_card_does_not_speak_costs_no_reset)
{
	struct client *a;

	rig_start(&rig);
	rig_card(&rig, true);
	a = client();
	assert_int_equal(connect_rv(a, SCARD_PROTOCOL_T1), SCARD_S_SUCCESS);
	leave(a);
	say_connect(a, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0);
	assert_int_equal(rig_asked(&rig, NULL), 0);
	rig_stop(&rig);
}

static struct client *
token_worker(int32_t *card)
{
	struct client *c = rig_client(&rig, DIALECT_WORKER);
	struct wire_establish e = { .scope = 2 };
	struct wire_connect b = { .reader = RIG_READER,
		.share = SCARD_SHARE_SHARED,
		.preferred = 3 };

	EXPECT_OK(rig_say(c, WIRE_ESTABLISH_CONTEXT, &e, sizeof(e)));
	assert_int_equal(
	    rig_hear_worker(c, &e, sizeof(e)), WIRE_ESTABLISH_CONTEXT);
	b.context = e.context;
	EXPECT_OK(rig_say(c, WIRE_CONNECT, &b, sizeof(b)));
	assert_int_equal(rig_hear_worker(c, &b, sizeof(b)), WIRE_CONNECT);
	assert_int_equal(b.active, SCARD_PROTOCOL_T1);
	*card = b.card;
	return c;
}

/* What CONNECT said was a guess: somebody else may be the first to agree. */
TEST(a_hold_says_what_is_spoken_now)
{
	struct wire_hold h = { 0 };
	struct client *w, *a;

	card_of_both();
	w = token_worker(&h.card);
	a = client();
	assert_int_equal(connect_rv(a, SCARD_PROTOCOL_T0), SCARD_S_SUCCESS);
	EXPECT_OK(rig_say(w, WIRE_HOLD, &h, sizeof(h)));
	assert_int_equal(rig_asked(&rig, NULL), 0);
	assert_int_equal(rig_hear_worker(w, &h, sizeof(h)), WIRE_HOLD);
	assert_int_equal(h.rv, SCARD_S_SUCCESS);
	assert_int_equal(h.active, SCARD_PROTOCOL_T0);
	rig_stop(&rig);
}

TEST(a_command_that_failed_is_not_an_answer_that_is_too_long)
{
	static const struct {
		err_t e;
		uint32_t rv;
	} rows[] = {
		{ ERR_IO, SCARD_E_NOT_TRANSACTED },
		{ ERR_LIMIT, SCARD_E_NOT_TRANSACTED },
		{ ERR_TIMEOUT, SCARD_E_NOT_TRANSACTED },
		{ ERR_UNSUPPORTED, SCARD_E_NOT_TRANSACTED },
		{ ERR_REMOVED, SCARD_W_REMOVED_CARD },
		{ ERR_SERVICE, SCARD_E_READER_UNAVAILABLE },
	};

	rig_start(&rig);
	rig_card(&rig, true);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct wire_transmit b = { .send_protocol = SCARD_PROTOCOL_T1,
			.send_length = 4,
			.recv_length = 258 };
		static const uint8_t select[] = { 0, 0xa4, 4, 0 };
		struct client *c = client();
		uint32_t value;

		b.card = connect_to(c, SCARD_SHARE_SHARED, 2).card;
		EXPECT_OK(rig_say_data(c, WIRE_TRANSMIT, &b, sizeof(b),
		    span_from(select, sizeof(select))));
		assert_int_equal(rig_asked(&rig, &value), WORKER_TRANSMIT);
		rig_answer(&rig, rows[i].e, "");
		assert_true(rig_hear(c, &b, sizeof(b)));
		assert_int_equal(b.rv, rows[i].rv);
		assert_int_equal(b.recv_length, 0);
		client_free(c);
	}
	rig_stop(&rig);
}

TEST(an_attribute_is_set)
{
	struct wire_attrib b = { .id = 0x10100, .length = 1 };
	struct client *c;
	uint32_t value;

	rig_start(&rig);
	rig_card(&rig, true);
	c = client();
	b.card = connect_to(c, SCARD_SHARE_SHARED, 2).card;
	EXPECT_OK(rig_say(c, WIRE_SET_ATTRIB, &b, sizeof(b)));
	assert_int_equal(rig_asked(&rig, &value), WORKER_SET_ATTR);
	rig_answer(&rig, ERR_OK, "");
	assert_true(rig_hear(c, &b, sizeof(b)));
	assert_int_equal(b.rv, SCARD_S_SUCCESS);
	rig_stop(&rig);
}

TEST(a_reset_that_fails_has_still_been_one)
{
	struct wire_reconnect b = { .share = SCARD_SHARE_SHARED,
		.preferred = SCARD_PROTOCOL_T0,
		.initialization = SCARD_RESET_CARD };
	struct wire_handle s;
	struct client *c;

	rig_start(&rig);
	rig_card(&rig, true);
	c = client();
	s.card = b.card = connect_to(c, SCARD_SHARE_SHARED, 2).card;
	EXPECT_OK(rig_say(c, WIRE_RECONNECT, &b, sizeof(b)));
	rig_serve(&rig);
	assert_true(rig_hear(c, &b, sizeof(b)));
	assert_int_equal(b.rv, SCARD_E_PROTO_MISMATCH);
	EXPECT_OK(rig_say(c, WIRE_STATUS, &s, sizeof(s)));
	assert_true(rig_hear(c, &s, sizeof(s)));
	assert_int_equal(s.rv, SCARD_W_RESET_CARD);
	rig_stop(&rig);
}

TEST(nobody_ends_another_s_transaction)
{
	struct wire_disposition d = { .disposition = SCARD_LEAVE_CARD };
	struct client *a, *b;
	struct wire_handle h;

	rig_start(&rig);
	rig_card(&rig, true);
	a = client();
	b = client();
	h.card = connect_to(a, SCARD_SHARE_SHARED, 2).card;
	d.card = connect_to(b, SCARD_SHARE_SHARED, 2).card;
	EXPECT_OK(rig_say(a, WIRE_BEGIN_TRANSACTION, &h, sizeof(h)));
	EXPECT_OK(rig_say(b, WIRE_END_TRANSACTION, &d, sizeof(d)));
	assert_true(rig_hear(b, &d, sizeof(d)));
	assert_int_equal(d.rv, SCARD_E_SHARING_VIOLATION);
	client_free(a);
	rig_serve(&rig);
	rig_stop(&rig);
}

TEST_MAIN("readerd/protocol")
