/* SPDX-License-Identifier: BSD-2-Clause */
/* What clients may ask, and what becomes of it when they leave. */
#include "tokend/test-daemon.h"

TEST(one_request_is_with_a_worker_at_a_time)
{
	struct worker w;
	int a, b;
	err_t e;

	start();
	w = card("A", "t");
	a = client();
	b = client();
	ask(a, TOK_TRIES, w.insertion, NULL);
	ask(b, TOK_LOGIN, w.insertion, "123456");
	assert_int_equal(request(&w, NULL), TOK_TRIES);
	assert_int_equal(request(&w, NULL), 0);
	say_ok(&w);
	assert_int_equal(hear(a, &e), TOK_ANSWER);
	assert_int_equal(request(&w, NULL), TOK_LOGIN);
	say_ok(&w);
	assert_int_equal(hear(b, &e), TOK_ANSWER);
	EXPECT_OK(e);
	assert_int_equal(hear(a, &e), 0);
	fd_close(&a);
	fd_close(&b);
	fd_close(&w.fd);
	stop();
}

TEST(no_pin_of_somebody_who_has_left_is_sent)
{
	struct worker w;
	int a, b;
	err_t e;

	start();
	w = card("A", "t");
	a = client();
	b = client();
	ask(a, TOK_TRIES, w.insertion, NULL);
	ask(b, TOK_LOGIN, w.insertion, "123456");
	assert_int_equal(request(&w, NULL), TOK_TRIES);
	fd_close(&b);
	turn(5);
	say_ok(&w);
	assert_int_equal(hear(a, &e), TOK_ANSWER);
	assert_int_equal(request(&w, NULL), 0);
	fd_close(&a);
	fd_close(&w.fd);
	stop();
}

TEST(a_session_ends_with_its_connection)
{
	struct worker w;
	int a;
	err_t e;

	start();
	w = card("A", "t");
	a = client();
	ask(a, TOK_LOGIN, w.insertion, "123456");
	assert_int_equal(request(&w, NULL), TOK_LOGIN);
	say_ok(&w);
	assert_int_equal(hear(a, &e), TOK_ANSWER);
	fd_close(&a);
	turn(5);
	assert_int_equal(request(&w, NULL), TOK_LOGOUT);
	say_ok(&w);
	assert_false(over(&w));
	/* one that never logged in ends nothing */
	a = client();
	fd_close(&a);
	turn(5);
	assert_int_equal(request(&w, NULL), 0);
	fd_close(&w.fd);
	stop();
}

TEST(who_leaves_in_the_middle_of_a_login_is_logged_out_after_it)
{
	struct worker w;
	int a;

	start();
	w = card("A", "t");
	a = client();
	ask(a, TOK_LOGIN, w.insertion, "123456");
	assert_int_equal(request(&w, NULL), TOK_LOGIN);
	fd_close(&a);
	turn(5);
	assert_int_equal(request(&w, NULL), 0);
	say_ok(&w);
	assert_int_equal(request(&w, NULL), TOK_LOGOUT);
	fd_close(&w.fd);
	stop();
}

TEST(a_login_services_requests_are_its_own)
{
	struct worker w;
	int c;
	err_t e;

	start();
	w = card("A", "t");
	c = client();
	ask(c, TOK_VERIFY_SIGN, w.insertion, "123456");
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_DENIED, e, "verify and sign");
	ask(c, TOK_PROBE, w.insertion, NULL);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_DENIED, e, "probe");
	d.access.auth_uid = geteuid();
	ask(c, TOK_PROBE, w.insertion, NULL);
	assert_int_equal(request(&w, NULL), TOK_PROBE);
	fd_close(&c);
	fd_close(&w.fd);
	stop();
}

/* What is said to TOK_SETTLED; NULL: nothing yet. */
static const char *
settled(int fd)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	static char reader[TOKEN_READER_MAX];
	struct span body;
	uint16_t code;

	turn(200);
	msg_init(&m, 0);
	if (msg_recv(fd, &m, deadline_in(20)) != ERR_OK)
		return NULL;
	body = buf_span(&m.body);
	EXPECT_OK(span_u16(&body, &code));
	assert_int_equal(code, ERR_OK);
	EXPECT_OK(msg_get_str(&body, reader, sizeof(reader)));
	EXPECT_OK(span_end(body));
	return reader;
}

/* "No card is there" would send him away who is about to be let in. */
TEST(who_asks_while_the_reader_service_starts_again_hears_it_then)
{
	int c;

	start();
	c = client();
	d.pcsc_lost_ms = clock_ms();
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	d.pcsc_lost_ms = 0;
	assert_string_equal(settled(c), "");
	/* one that has been away for long may stay away */
	d.pcsc_lost_ms = clock_ms() - 2 * TOK_SETTLED_MS;
	ask(c, TOK_SETTLED, 0, NULL);
	assert_string_equal(settled(c), "");
	fd_close(&c);
	stop();
}

TEST(a_reader_that_has_just_gone_with_the_only_card_is_waited_for)
{
	struct worker w;
	int c;

	start();
	c = client();
	(void)snprintf(d.gone, sizeof(d.gone), "A");
	d.gone_ms = clock_ms();
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	w = card("B", "other");
	assert_string_equal(settled(c), "");
	entry_remove(entry_find(&d, "B"));
	d.gone_ms = clock_ms();
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	d.gone[0] = '\0';
	assert_string_equal(settled(c), "");
	/* one that has been unplugged stays away */
	(void)snprintf(d.gone, sizeof(d.gone), "A");
	d.gone_ms = clock_ms() - TOK_SETTLED_MS;
	ask(c, TOK_SETTLED, 0, NULL);
	assert_string_equal(settled(c), "");
	fd_close(&c);
	fd_close(&w.fd);
	stop();
}

TEST(who_asks_whether_all_is_read_hears_it_then)
{
	struct worker w, busy;
	int c, gone;

	start();
	c = client();
	ask(c, TOK_SETTLED, 0, NULL);
	assert_string_equal(settled(c), "");
	entry_add(&d, "A", 1);
	ask(c, TOK_SETTLED, 0, NULL);
	gone = client();
	ask(gone, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	fd_close(&gone);
	w = worker_of(asked(LONG_MS));
	assert_null(settled(c));
	say_token(&w, "t");
	assert_string_equal(settled(c), "");
	/* one that others keep is not waited for */
	entry_add(&d, "B", 1);
	busy = worker_of(asked(LONG_MS));
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	say_failure(&busy, WRK_TOKEN, ERR_BUSY, 0);
	assert_string_equal(settled(c), "");
	/* nor for ever */
	d.patience.spawn_ms = 10 * TOK_SETTLED_MS;
	entry_add(&d, "C", 1);
	ask(c, TOK_SETTLED, 0, NULL);
	turn(TOK_SETTLED_MS);
	assert_string_equal(settled(c), "C");
	fd_close(&c);
	fd_close(&w.fd);
	fd_close(&busy.fd);
	stop();
}

#define FLICKERS (PACE_FREE + 6) /* until it has to stay for PACE_MAX_MS */

/* A bad contact in the reader "A". */
static void
flicker(void)
{
	for (unsigned int i = 0; i < FLICKERS; i++) {
		if (i > 0)
			entry_remove(entry_find(&d, "A"));
		entry_add(&d, "A", i);
	}
	while (heard().type != 0)
		;
}

TEST(a_card_that_comes_and_goes_does_not_hold_up_the_others)
{
	struct worker w, flickered;
	int c;

	start();
	c = client();
	flicker();
	/* it may be his who asks, as long as there is no other */
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	w = card("B", "other");
	assert_string_equal(settled(c), "A");
	entry_remove(entry_find(&d, "A"));
	entry_add(&d, "A", FLICKERS);
	ask(c, TOK_SETTLED, 0, NULL);
	assert_string_equal(settled(c), "A");
	/* once it has stayed it is a card like another */
	flickered = worker_of(asked(PACE_MAX_MS + 1000));
	ask(c, TOK_SETTLED, 0, NULL);
	assert_null(settled(c));
	say_token(&flickered, "t");
	assert_string_equal(settled(c), "");
	fd_close(&c);
	fd_close(&w.fd);
	fd_close(&flickered.fd);
	stop();
}

TEST(nonsense_is_refused_and_the_connection_lives)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	int c;
	err_t e;

	start();
	c = client();
	ask(c, 77, 1, NULL);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_UNSUPPORTED, e, "no such request");
	ask(c, TOK_SIGN, 4711, NULL);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_REMOVED, e, "no such card");
	msg_init(&m, TOK_LIST);
	buf_put_u8(&m.body, 1);
	EXPECT_OK(msg_send(c, &m, deadline_in(1000)));
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_FORMAT, e, "a list of something");
	ask(c, TOK_LIST, 0, NULL);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_OK(e);
	fd_close(&c);
	stop();
}

TEST(who_watches_hears_of_each_card_and_nobody_else)
{
	struct worker w;
	int a, b;
	err_t e;

	start();
	a = client();
	b = client();
	ask(a, TOK_WATCH, 0, NULL);
	assert_int_equal(hear(a, &e), TOK_ANSWER);
	w = card("A", "t");
	assert_int_equal(hear(a, &e), TOK_EVENT);
	assert_int_equal(hear(a, &e), 0);
	entry_remove(entry_find(&d, "A"));
	assert_int_equal(hear(a, &e), TOK_EVENT);
	assert_int_equal(hear(b, &e), 0);
	fd_close(&a);
	fd_close(&b);
	fd_close(&w.fd);
	stop();
}

TEST_MAIN("tokend/client")
