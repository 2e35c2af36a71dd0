/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames in, frames out: versions, contexts, states, errors. */
#include "readerd/rig.h"

#include "readerd/handle.h"
#include "test.h"

static struct rig rig;

/* Ask and read the same body back; the rv at its end. */
static uint32_t
ask(struct client *c, uint32_t command, void *body, size_t n)
{
	uint32_t rv;

	EXPECT_OK(rig_say(c, command, body, n));
	rig_serve(&rig);
	if (!rig_hear(c, body, n))
		fail_msg("command %#x: no answer", command);
	memcpy(&rv, (uint8_t *)body + n - 4, 4);
	return rv;
}

static uint32_t
establish(struct client *c)
{
	struct wire_establish b = { .scope = 2 };

	assert_int_equal(0, ask(c, WIRE_ESTABLISH_CONTEXT, &b, sizeof(b)));
	assert_int_not_equal(b.context, 0);
	return b.context;
}

static struct wire_connect
connect_to(struct client *c, const char *reader, uint32_t share, uint32_t prot)
{
	struct wire_connect b = {
		.context = c->context, .share = share, .preferred = prot
	};

	memcpy(b.reader, reader, strlen(reader));
	b.rv = ask(c, WIRE_CONNECT, &b, sizeof(b));
	return b;
}

static int32_t
connected(struct client *c, uint32_t share)
{
	struct wire_connect b =
	    connect_to(c, RIG_READER, share, SCARD_PROTOCOL_T1);

	assert_int_equal(b.rv, 0);
	return b.card;
}

TEST(versions_from_4_4_to_4_6_are_accepted_as_asked)
{
	static const struct {
		int32_t major, minor;
		uint32_t rv;
		int32_t answer;
	} rows[] = {
		{ 4, 4, 0, 4 },
		{ 4, 5, 0, 5 },
		{ 4, 6, 0, 6 },
		{ 4, 7, SCARD_E_SERVICE_STOPPED, 6 },
		{ 4, 3, SCARD_E_SERVICE_STOPPED, 6 },
		{ 3, 4, SCARD_E_SERVICE_STOPPED, 6 },
		{ 5, 4, SCARD_E_SERVICE_STOPPED, 6 },
	};

	rig_start(&rig);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct wire_version v = { rows[i].major, rows[i].minor, 9 };
		struct client *c = rig_client(&rig, DIALECT_PLAIN);

		assert_int_equal(
		    rows[i].rv, ask(c, WIRE_VERSION, &v, sizeof(v)));
		assert_int_equal(v.minor, rows[i].answer);
	}
	rig_stop(&rig);
}

TEST(what_makes_no_sense_closes_the_connection)
{
	static const struct {
		const char *why;
		uint32_t command;
		size_t n;
		err_t want;
	} rows[] = {
		{ "unknown command", 0x99, 0, ERR_FORMAT },
		{ "reserved LIST_READERS", 0x03, 0, ERR_FORMAT },
		{ "reserved GET_STATUS_CHANGE", 0x0c, 0, ERR_FORMAT },
		{ "reserved CANCEL_TRANSACTION", 0x0e, 0, ERR_FORMAT },
		{ "HOLD of a plain client", WIRE_HOLD, 16, ERR_FORMAT },
		{ "COUNT of a plain client", WIRE_COUNT, 16, ERR_FORMAT },
		{ "WANTED", WIRE_WANTED, 0, ERR_FORMAT },
		{ "ESTABLISH one short", 1, 11, ERR_FORMAT },
		{ "ESTABLISH one long", 1, 13, ERR_FORMAT },
		{ "CONNECT with an old name", 4, 124, ERR_FORMAT },
		{ "foreign handle", WIRE_STATUS, 8, ERR_ABSENT },
		{ "foreign handle, DISCONNECT", 6, 12, ERR_ABSENT },
	};
	uint8_t body[512] = { 0x11, 0x22, 0x33, 0x44 };

	rig_start(&rig);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct client *c = rig_client(&rig, DIALECT_PLAIN);

		(void)establish(c);
		EXPECT_ERR(rows[i].want,
		    rig_say(c, rows[i].command, body, rows[i].n), rows[i].why);
		assert_int_equal(c->io.out.n, 0);
		client_free(c);
	}
	rig_stop(&rig);
}

TEST(half_a_frame_waits_for_the_rest)
{
	struct wire_establish b = { .scope = 2 };
	struct wire_header h = { sizeof(b), WIRE_ESTABLISH_CONTEXT };
	struct client *c;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	for (size_t i = 0; i < sizeof(h); i++) {
		buf_put_u8(&c->io.in, ((uint8_t *)&h)[i]);
		EXPECT_OK(client_input(c));
	}
	buf_put(&c->io.in, span_from(&b, sizeof(b) - 1));
	EXPECT_OK(client_input(c));
	assert_int_equal(c->io.out.n, 0);
	buf_put_u8(&c->io.in, 0);
	EXPECT_OK(client_input(c));
	assert_true(rig_hear(c, &b, sizeof(b)));
	assert_int_equal(b.rv, 0);
	rig_stop(&rig);
}

TEST(connect_says_what_is_wrong_first)
{
	const uint32_t t1 = SCARD_PROTOCOL_T1;
	const struct {
		const char *why, *reader;
		uint32_t share, protocols;
		bool card;
		uint32_t want;
	} rows[] = {
		{ "no protocol", "Nobody", 9, 0, true, SCARD_E_PROTO_MISMATCH },
		{ "share mode", "Nobody", 9, t1, true, SCARD_E_INVALID_VALUE },
		{ "reader", "Nobody", 2, t1, true, SCARD_E_UNKNOWN_READER },
		{ "no card", RIG_READER, 2, t1, false, SCARD_E_NO_SMARTCARD },
		{ "T=0 of a T=1 card", RIG_READER, 2, SCARD_PROTOCOL_T0, true,
		    SCARD_E_PROTO_MISMATCH },
		{ "good", RIG_READER, 2, 3, true, 0 },
		{ "direct without card", RIG_READER, 3, 0, false, 0 },
	};

	rig_start(&rig);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct client *c = rig_client(&rig, DIALECT_PLAIN);
		struct wire_connect b;

		rig_card(&rig, rows[i].card);
		(void)establish(c);
		b = connect_to(
		    c, rows[i].reader, rows[i].share, rows[i].protocols);
		if (b.rv != rows[i].want)
			fail_msg("%s: %#x", rows[i].why, b.rv);
		assert_int_equal(b.card != 0, b.rv == 0);
		client_free(c);
	}
	rig_stop(&rig);
}

TEST(a_connection_without_context_gets_no_handle)
{
	struct client *c;

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	assert_int_equal(
	    connect_to(c, RIG_READER, 2, 2).rv, SCARD_E_INVALID_HANDLE);
	assert_null(c->handles);
	rig_stop(&rig);
}

TEST(exclusive_is_exclusive)
{
	struct client *a, *b, *w;

	rig_start(&rig);
	rig_card(&rig, true);
	a = rig_client(&rig, DIALECT_PLAIN);
	b = rig_client(&rig, DIALECT_PLAIN);
	w = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(a);
	(void)establish(b);
	(void)establish(w);
	(void)connected(a, SCARD_SHARE_SHARED);
	assert_int_equal(
	    connect_to(b, RIG_READER, 1, 2).rv, SCARD_E_SHARING_VIOLATION);
	client_free(a);
	(void)connected(b, SCARD_SHARE_EXCLUSIVE);
	assert_int_equal(
	    connect_to(w, RIG_READER, 2, 2).rv, SCARD_E_SHARING_VIOLATION);
	assert_int_equal(handle_sharing(rig.svc.slots[0]), -1);
	rig_stop(&rig);
}

TEST(transmit_checks_protocol_room_and_marks)
{
	struct wire_transmit b;
	struct client *c;
	int32_t card;
	uint8_t sw[2];

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(c);
	card = connected(c, SCARD_SHARE_SHARED);
	b = (struct wire_transmit){ .card = card, .send_protocol = 1 };
	assert_int_equal(
	    ask(c, WIRE_TRANSMIT, &b, sizeof(b)), SCARD_E_PROTO_MISMATCH);
	b = (struct wire_transmit){ .card = card,
		.send_protocol = 2,
		.send_pci_length = 8,
		.recv_length = 1 };
	assert_int_equal(
	    ask(c, WIRE_TRANSMIT, &b, sizeof(b)), SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(b.recv_length, 2);
	assert_int_equal(b.send_pci_length, 8);
	b.recv_length = 2;
	assert_int_equal(ask(c, WIRE_TRANSMIT, &b, sizeof(b)), 0);
	assert_true(rig_hear(c, sw, 2));
	rig_card(&rig, false);
	assert_int_equal(
	    ask(c, WIRE_TRANSMIT, &b, sizeof(b)), SCARD_W_REMOVED_CARD);
	assert_int_equal(c->io.out.n, 0);
	rig_stop(&rig);
}

TEST(an_oversized_command_closes_the_connection)
{
	struct wire_transmit b = { .send_protocol = 2,
		.send_length = WIRE_DATA_MAX + 1 };
	struct client *c;

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(c);
	b.card = connected(c, SCARD_SHARE_SHARED);
	EXPECT_ERR(ERR_LIMIT, rig_say(c, WIRE_TRANSMIT, &b, sizeof(b)), "big");
	rig_stop(&rig);
}

TEST(a_reset_is_told_to_everybody_else)
{
	struct wire_reconnect r = {
		.share = 2, .preferred = 2, .initialization = SCARD_RESET_CARD
	};
	struct wire_handle s = { 0 };
	struct client *a, *b;
	int32_t ha, hb;

	rig_start(&rig);
	rig_card(&rig, true);
	a = rig_client(&rig, DIALECT_PLAIN);
	b = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(a);
	(void)establish(b);
	ha = connected(a, SCARD_SHARE_SHARED);
	hb = connected(b, SCARD_SHARE_SHARED);
	r.card = ha;
	assert_int_equal(ask(a, WIRE_RECONNECT, &r, sizeof(r)), 0);
	assert_int_equal(r.active, SCARD_PROTOCOL_T1);
	s.card = ha;
	assert_int_equal(ask(a, WIRE_STATUS, &s, sizeof(s)), 0);
	s.card = hb;
	assert_int_equal(
	    ask(b, WIRE_STATUS, &s, sizeof(s)), SCARD_W_RESET_CARD);
	r.card = hb;
	r.initialization = SCARD_LEAVE_CARD;
	assert_int_equal(ask(b, WIRE_RECONNECT, &r, sizeof(r)), 0);
	s.card = hb;
	assert_int_equal(ask(b, WIRE_STATUS, &s, sizeof(s)), 0);
	r.initialization = 3;
	assert_int_equal(
	    ask(b, WIRE_RECONNECT, &r, sizeof(r)), SCARD_E_INVALID_VALUE);
	rig_stop(&rig);
}

TEST(an_old_client_is_told_once_for_each_wait)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_version v = { 4, 4, 0 };
	struct wire_wait w = { 9, 9 };
	struct client *c;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	assert_int_equal(ask(c, WIRE_VERSION, &v, sizeof(v)), 0);
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	assert_string_equal(all[0].reader, RIG_READER);
	assert_int_equal(all[0].state, WIRE_STATE_ABSENT);
	rig_card(&rig, true);
	rig_card(&rig, false);
	assert_true(rig_hear(c, &w, sizeof(w)));
	assert_int_equal(w.rv, 0);
	assert_int_equal(c->io.out.n, 0); /* one shot */
	EXPECT_OK(rig_say(c, WIRE_STOP_WAITING, NULL, 0));
	assert_int_equal(c->io.out.n, 0); /* the event was the answer */
	rig_stop(&rig);
}

TEST(a_new_client_is_told_only_after_it_has_the_states)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_wait w = { 9, 9 };
	struct client *c;
	uint32_t n;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_int_equal(c->io.out.n, 0);
	rig_card(&rig, true); /* in the gap */
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE_SIZE, NULL, 0));
	assert_true(rig_hear(c, &n, sizeof(n)));
	assert_int_equal(n, WIRE_OLD_READERS);
	assert_int_equal(c->io.out.n, 0);
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE_ARRAY, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	assert_int_equal(all[0].state, 0x34);
	assert_int_equal(all[0].atr_length, 4);
	assert_true(rig_hear(c, &w, sizeof(w)));
	assert_int_equal(c->io.out.n, 0);
	rig_stop(&rig);
}

TEST(stop_is_answered_once)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_version v = { 4, 5, 0 };
	struct wire_wait w = { 9, 9 };
	struct client *c;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	assert_int_equal(ask(c, WIRE_VERSION, &v, sizeof(v)), 0);
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	EXPECT_OK(rig_say(c, WIRE_STOP_WAITING, NULL, 0));
	assert_true(rig_hear(c, &w, sizeof(w)));
	rig_card(&rig, true);
	EXPECT_OK(rig_say(c, WIRE_STOP_WAITING, NULL, 0));
	assert_int_equal(c->io.out.n, 0);
	rig_stop(&rig);
}

TEST(cancel_wakes_the_context_it_names)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_version v = { 4, 4, 0 };
	struct wire_cancel k = { 1, 9 };
	struct wire_wait w = { 9, 9 };
	struct client *c, *other;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	other = rig_client(&rig, DIALECT_PLAIN);
	assert_int_equal(ask(c, WIRE_VERSION, &v, sizeof(v)), 0);
	assert_int_equal(
	    ask(other, WIRE_CANCEL, &k, sizeof(k)), SCARD_E_INVALID_HANDLE);
	k.context = 0; /* of all who have none */
	assert_int_equal(
	    ask(other, WIRE_CANCEL, &k, sizeof(k)), SCARD_E_INVALID_HANDLE);
	k.context = establish(c);
	assert_int_equal(ask(other, WIRE_CANCEL, &k, sizeof(k)), 0);
	assert_int_equal(c->io.out.n, 0); /* it did not wait */
	EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	assert_int_equal(ask(other, WIRE_CANCEL, &k, sizeof(k)), 0);
	assert_true(rig_hear(c, &w, sizeof(w)));
	assert_int_equal(w.rv, SCARD_E_CANCELLED);
	rig_stop(&rig);
}

/* At 4:6 the states come by a request of their own, and the event behind. */
TEST(a_cancel_between_wait_and_states_is_not_lost)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_cancel k = { 0, 9 };
	struct wire_wait w = { 9, 9 };
	struct client *c, *other;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	other = rig_client(&rig, DIALECT_PLAIN);
	k.context = establish(c);
	for (unsigned int stop = 0; stop < 2; stop++) {
		EXPECT_OK(rig_say(c, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
		assert_int_equal(ask(other, WIRE_CANCEL, &k, sizeof(k)), 0);
		rig_card(&rig, stop == 0); /* not instead of it */
		assert_int_equal(c->io.out.n, 0);
		EXPECT_OK(rig_say(c,
		    stop ? WIRE_STOP_WAITING : WIRE_GET_READERS_STATE_ARRAY,
		    NULL, 0));
		assert_true(stop || rig_hear(c, all, sizeof(all)));
		assert_true(rig_hear(c, &w, sizeof(w)));
		assert_int_equal(w.rv, SCARD_E_CANCELLED);
		assert_int_equal(c->io.out.n, 0);
	}
	rig_stop(&rig);
}

TEST(a_reader_goes_and_comes_back_in_its_place)
{
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_transmit t = { .send_protocol = 2, .send_length = 4 };
	struct wire_disposition d = { 0, SCARD_LEAVE_CARD, 9 };
	struct wire_events ev;
	struct client *c;
	uint16_t before;

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(c);
	t.card = d.card = connected(c, SCARD_SHARE_SHARED);
	before = rig.svc.events;
	EXPECT_OK(
	    rig_say_data(c, WIRE_TRANSMIT, &t, sizeof(t), span_str("ABCD")));
	assert_int_equal(rig_asked(&rig, NULL), WORKER_TRANSMIT);
	rig_unplug(&rig); /* in the middle of it */
	assert_true(rig_hear(c, &t, sizeof(t)));
	assert_int_equal(t.rv, SCARD_E_READER_UNAVAILABLE);
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	assert_string_equal(all[0].reader, "");
	rig_plug(&rig);
	EXPECT_OK(rig_say(c, WIRE_GET_READERS_STATE, NULL, 0));
	assert_true(rig_hear(c, all, sizeof(all)));
	assert_string_equal(all[0].reader, RIG_READER);
	assert_int_equal(all[0].sharing, 0);
	EXPECT_OK(rig_say(c, WIRE_GET_READER_EVENTS, NULL, 0));
	assert_true(rig_hear(c, &ev, sizeof(ev)));
	assert_int_equal(ev.events, before + 2);
	assert_int_equal(ask(c, WIRE_DISCONNECT, &d, sizeof(d)), 0);
	rig_stop(&rig);
}

static uint32_t killed;

static void
note_kill(struct ifd *ifd)
{
	killed = ifd->cookie;
}

TEST(a_driver_that_hangs_is_killed_and_its_client_told)
{
	struct wire_transmit t = { .send_protocol = 2, .send_length = 4 };
	struct ifd *ifd = &rig.svc.ifds[0];
	struct client *c;

	rig_start(&rig);
	rig_card(&rig, true);
	ifd->kill = note_kill;
	ifd->cookie = 7;
	c = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(c);
	t.card = connected(c, SCARD_SHARE_SHARED);
	EXPECT_OK(
	    rig_say_data(c, WIRE_TRANSMIT, &t, sizeof(t), span_str("ABCD")));
	killed = 0;
	ifd_check(&rig.svc); /* it has time left */
	assert_int_equal(killed, 0);
	assert_non_null(rig.svc.slots[0]->flight.first);
	rig.svc.slots[0]->flight.since -= rig.svc.driver_ms;
	ifd_check(&rig.svc);
	assert_int_equal(killed, 7);
	assert_int_equal(ifd->cookie, 0);
	assert_true(rig_hear(c, &t, sizeof(t)));
	assert_int_equal(t.rv, SCARD_E_READER_UNAVAILABLE);
	rig_stop(&rig);
}

TEST(a_user_who_is_not_let_in_is_told_so_and_sees_nothing)
{
	struct wire_establish b = { .scope = 2 };
	struct client *c;

	rig_start(&rig);
	rig.svc.access.all = false;
	c = rig_client(&rig, DIALECT_PLAIN);
	c->peer.uid = 54321;
	assert_int_equal(ask(c, WIRE_ESTABLISH_CONTEXT, &b, sizeof(b)),
	    SCARD_W_SECURITY_VIOLATION);
	assert_int_equal(b.context, 0);
	EXPECT_ERR(
	    ERR_DENIED, rig_say(c, WIRE_GET_READERS_STATE, NULL, 0), "states");
	rig_stop(&rig);
}

TEST(a_full_service_says_so)
{
	struct wire_version v = { 4, 4, 0 };
	struct client *c;

	rig_start(&rig);
	c = rig_client(&rig, DIALECT_PLAIN);
	c->refused = true;
	assert_int_equal(
	    ask(c, WIRE_VERSION, &v, sizeof(v)), SCARD_E_NO_MEMORY);
	EXPECT_ERR(
	    ERR_DENIED, rig_say(c, WIRE_GET_READERS_STATE, NULL, 0), "states");
	rig_stop(&rig);
}

/* Else who has as many contexts as he may could end none of his waits. */
TEST(a_full_service_cancels)
{
	struct wire_cancel b = { 0 };
	struct wire_reader_state all[WIRE_OLD_READERS];
	struct wire_wait w = { 9, 9 };
	struct client *waits, *c;

	rig_start(&rig);
	waits = rig_client(&rig, DIALECT_PLAIN);
	waits->minor = WIRE_MINOR_OLDEST;
	b.context = establish(waits);
	EXPECT_OK(rig_say(waits, WIRE_WAIT_READER_STATE_CHANGE, NULL, 0));
	assert_true(rig_hear(waits, all, sizeof(all)));
	c = rig_client(&rig, DIALECT_PLAIN);
	c->refused = true;
	assert_int_equal(ask(c, WIRE_CANCEL, &b, sizeof(b)), 0);
	assert_true(rig_hear(waits, &w, sizeof(w)));
	assert_int_equal(w.rv, SCARD_E_CANCELLED);
	rig_stop(&rig);
}

TEST(attributes_that_the_driver_does_not_know)
{
	struct wire_attrib b = { .id = SCARD_ATTR_SYSTEM_NAME, .length = 264 };
	struct client *c;

	rig_start(&rig);
	rig_card(&rig, true);
	c = rig_client(&rig, DIALECT_PLAIN);
	(void)establish(c);
	b.card = connected(c, SCARD_SHARE_SHARED);
	assert_int_equal(ask(c, WIRE_GET_ATTRIB, &b, sizeof(b)), 0);
	assert_int_equal(b.length, sizeof(RIG_READER));
	assert_string_equal((char *)b.value, RIG_READER);
	b.length = 3;
	assert_int_equal(ask(c, WIRE_GET_ATTRIB, &b, sizeof(b)),
	    SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(b.length, sizeof(RIG_READER));
	b.id = 0x12345;
	b.length = 264;
	assert_int_equal(ask(c, WIRE_GET_ATTRIB, &b, sizeof(b)),
	    SCARD_E_UNSUPPORTED_FEATURE);
	b.length = 265;
	EXPECT_ERR(
	    ERR_LIMIT, rig_say(c, WIRE_GET_ATTRIB, &b, sizeof(b)), "265");
	rig_stop(&rig);
}

TEST_MAIN("readerd/dispatch")
