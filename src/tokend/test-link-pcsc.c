/* SPDX-License-Identifier: BSD-2-Clause */
/* The way through a pcscd, whose answers lie ready in the socket. */
#include "tokend/link-pcsc.h"

#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "pcsc/rv.h"
#include "test.h"

#define READER "Reader 00 00"
#define EVENTS 7 /* the counter while our card is in */
#define HANDLE 5

static int service; /* the other end */
static unsigned int waits;

static void
answer(const void *body, size_t n)
{
	EXPECT_OK(fd_write_all(service, span_from(body, n), deadline_in(100)));
}

static void
answer_states(const char *reader, uint32_t events)
{
	struct wire_reader_state all[WIRE_OLD_READERS] = { 0 };

	memcpy(all[3].reader, reader, strlen(reader));
	all[3].event_counter = events;
	all[3].atr_length = 2;
	answer(all, sizeof(all));
}

static void
answer_connect(uint32_t rv)
{
	struct wire_connect c = {
		.card = HANDLE, .active = SCARD_PROTOCOL_T1, .rv = rv
	};

	answer(&c, sizeof(c));
}

static void
answer_begin(uint32_t rv)
{
	struct wire_handle h = { HANDLE, rv };

	answer(&h, sizeof(h));
}

static void
answer_reconnect(uint32_t rv)
{
	struct wire_reconnect r = {
		.card = HANDLE, .active = SCARD_PROTOCOL_T0, .rv = rv
	};

	answer(&r, sizeof(r));
}

/* Up to CONNECT, as Debian 12's pcscd says it. */
static int
greeted(void)
{
	struct wire_version no = { 4, 4, SCARD_E_SERVICE_STOPPED };
	struct wire_version yes = { 4, 4, 0 };
	struct wire_establish e = { 2, 77, 0 };
	int pair[2];

	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	service = pair[1];
	answer(&no, sizeof(no));
	answer(&yes, sizeof(yes));
	answer(&e, sizeof(e));
	return pair[0];
}

static void
opened(struct pcsc_link *l)
{
	struct pcsc_link_want want = {
		.fd = greeted(), .dialect = PCSC_PLAIN, .reader = READER
	};

	answer_connect(0);
	answer_states(READER, EVENTS);
	EXPECT_OK(pcsc_link_open(&want, l, NULL));
}

static void
done(struct pcsc_link *l)
{
	pcsc_link_close(l);
	fd_close(&service);
}

static err_t
hold(struct pcsc_link *l, enum card_touched *touched)
{
	struct card_link c = pcsc_link_card(l);

	return c.ops->hold(c.ctx, 0, deadline_in(100), touched);
}

static bool
wait_twice(void)
{
	return ++waits < 3;
}

TEST(others_are_always_taken_to_have_been_there_and_to_wait)
{
	enum card_touched touched = CARD_UNTOUCHED;
	struct pcsc_link l;
	struct card_link c;

	opened(&l);
	c = pcsc_link_card(&l);
	answer_begin(0);
	EXPECT_OK(hold(&l, &touched));
	assert_int_equal(CARD_TOUCHED, touched);
	assert_true(c.ops->wanted(c.ctx));
	done(&l);
}

TEST(a_reset_by_others_is_told_and_the_card_goes_on)
{
	enum card_touched touched = CARD_UNTOUCHED;
	struct pcsc_link l;

	opened(&l);
	answer_begin(SCARD_W_RESET_CARD);
	answer_reconnect(SCARD_E_SHARING_VIOLATION);
	answer_reconnect(0);
	answer_states(READER, EVENTS);
	answer_begin(0);
	EXPECT_OK(hold(&l, &touched));
	assert_int_equal(CARD_WAS_RESET, touched);
	assert_int_equal(SCARD_PROTOCOL_T0, l.protocol);
	assert_false(pcsc_link_card(&l).ops->t1(&l));
	done(&l);
}

/* So no PIN of the card before follows to this one. */
TEST(a_reset_card_that_is_another_one_is_not_held)
{
	static const struct {
		const char *why, *reader;
		uint32_t reconnect, events;
	} rows[] = {
		{ "out and in", READER, 0, EVENTS + 2 },
		{ "the reader has gone", "Other 00 00", 0, EVENTS },
		{ "no card", NULL, SCARD_E_NO_SMARTCARD, 0 },
		{ "reader unavailable", NULL, SCARD_E_READER_UNAVAILABLE, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		enum card_touched touched = CARD_UNTOUCHED;
		struct pcsc_link l;

		opened(&l);
		answer_begin(SCARD_W_RESET_CARD);
		answer_reconnect(rows[i].reconnect);
		if (rows[i].reader != NULL)
			answer_states(rows[i].reader, rows[i].events);
		answer_begin(0);
		EXPECT_ERR(ERR_REMOVED, hold(&l, &touched), rows[i].why);
		assert_int_equal(CARD_UNTOUCHED, touched);
		done(&l);
	}
}

TEST(a_removed_card_is_not_reconnected)
{
	enum card_touched touched = CARD_UNTOUCHED;
	struct pcsc_link l;

	opened(&l);
	answer_begin(SCARD_W_REMOVED_CARD);
	answer_reconnect(0);
	answer_states(READER, EVENTS);
	answer_begin(0);
	EXPECT_ERR(ERR_REMOVED, hold(&l, &touched), "removed");
	done(&l);
}

TEST(a_transaction_of_others_after_a_reset_costs_the_time_alone)
{
	enum card_touched touched = CARD_UNTOUCHED;
	struct pcsc_link l;

	opened(&l);
	answer_begin(SCARD_W_RESET_CARD);
	for (unsigned int i = 0; i < 6; i++)
		answer_reconnect(SCARD_E_SHARING_VIOLATION);
	EXPECT_ERR(ERR_TIMEOUT, hold(&l, &touched), "theirs");
	assert_true(pcsc_alive(l.pcsc));
	done(&l);
}

TEST(an_exclusive_client_is_waited_for_as_long_as_told)
{
	struct pcsc_link_want want = {
		.dialect = PCSC_PLAIN, .reader = READER, .wait = wait_twice
	};
	struct pcsc_link l;

	waits = 0;
	want.fd = greeted();
	answer_connect(SCARD_E_SHARING_VIOLATION);
	answer_connect(SCARD_E_SHARING_VIOLATION);
	answer_connect(0);
	answer_states(READER, EVENTS);
	EXPECT_OK(pcsc_link_open(&want, &l, NULL));
	assert_int_equal(2, waits);
	done(&l);

	waits = 0;
	want.fd = greeted();
	for (unsigned int i = 0; i < 3; i++)
		answer_connect(SCARD_E_SHARING_VIOLATION);
	EXPECT_ERR(ERR_BUSY, pcsc_link_open(&want, &l, NULL), "three times");
	fd_close(&service);
}

TEST_MAIN("tokend/link-pcsc")
