/* SPDX-License-Identifier: BSD-2-Clause */
/* A card, its worker, and what can go wrong with both. */
#include "tokend/test-daemon.h"

TEST(a_card_is_listed_when_its_worker_has_read_it)
{
	struct worker w;

	start();
	entry_add(&d, "A", 1);
	assert_false(entry_listed(entry_find(&d, "A")));
	w = worker_of(asked(LONG_MS));
	assert_string_equal(w.reader, "A");
	assert_int_equal(w.drivers_off, 0);
	assert_false(entry_listed(entry_find(&d, "A")));
	say_token(&w, "t");
	assert_true(entry_listed(entry_find(&d, "A")));
	assert_ptr_equal(
	    entry_by_insertion(&d, w.insertion), entry_find(&d, "A"));
	turn(3 * QUIET_MS / 2); /* nothing is asked of it: it may be silent */
	assert_false(over(&w));
	fd_close(&w.fd);
	stop();
}

TEST(what_a_worker_reports_is_of_its_own_card_or_refused)
{
	static const struct {
		const char *why;
		uint64_t insertion;
		const char *reader;
		bool more;
		const char *driver;
		uint32_t off;
		bool taken;
	} rows[] = {
		{ "as it should be", 0, NULL, false, NULL, 0, true },
		{ "another insertion", 1, NULL, false, NULL, 0, false },
		{ "another reader", 0, "B", false, NULL, 0, false },
		{ "one byte more", 0, NULL, true, NULL, 0, false },
		{ "no driver of ours", 0, NULL, false, "x", 0, false },
		{ "a driver that is off", 0, NULL, false, NULL, 1, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(msg_done) struct msg m = { 0 };
		CLEANUP(token_free) struct token *t = NULL;
		struct worker w;

		start();
		d.drivers_off = rows[i].off;
		entry_add(&d, "A", 1);
		w = worker_of(asked(LONG_MS));
		EXPECT_OK(token_new(&t));
		t->insertion = w.insertion + rows[i].insertion;
		(void)snprintf(t->id, sizeof(t->id), "t");
		(void)snprintf(t->reader, sizeof(t->reader), "%s",
		    rows[i].reader != NULL ? rows[i].reader : "A");
		(void)snprintf(t->driver, sizeof(t->driver), "%s",
		    rows[i].driver != NULL ? rows[i].driver : driver_id(0));
		msg_init(&m, WRK_TOKEN);
		buf_put_u16(&m.body, ERR_OK);
		token_put(&m.body, t);
		if (rows[i].more)
			buf_put_u8(&m.body, 0);
		say(&w, &m);
		if (entry_listed(entry_find(&d, "A")) != rows[i].taken ||
		    over(&w) == rows[i].taken)
			fail_msg("%s", rows[i].why);
		fd_close(&w.fd);
		stop();
	}
}

TEST(a_worker_without_a_word_is_killed_and_replaced)
{
	struct worker w, next;
	int c;
	err_t e;

	start();
	w = card("A", "t");
	c = client();
	ask(c, TOK_TRIES, w.insertion, NULL);
	assert_int_equal(request(&w, NULL), TOK_TRIES);
	turn(QUIET_MS / 10);
	assert_false(over(&w));
	assert_true(killed(w.cookie, LONG_MS));
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_REMOVED, e, "who asked hears it");
	next = worker_of(asked(LONG_MS));
	say_token(&next, "t");
	assert_true(entry_listed(entry_find(&d, "A")));
	assert_true(next.insertion != w.insertion);
	fd_close(&c);
	fd_close(&w.fd);
	fd_close(&next.fd);
	stop();
}

TEST(one_that_waits_for_the_card_says_so_and_may_but_not_for_ever)
{
	struct worker w;
	int c;
	err_t e;

	start();
	w = card("A", "t");
	c = client();
	ask(c, TOK_TRIES, w.insertion, NULL);
	assert_int_equal(request(&w, NULL), TOK_TRIES);
	for (unsigned int i = 0; i < 12; i++) {
		turn(QUIET_MS / 10);
		say_alive(&w);
		assert_false(over(&w));
	}
	say_ok(&w);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_OK(e);
	ask(c, TOK_TRIES, w.insertion, NULL);
	assert_int_equal(request(&w, NULL), TOK_TRIES);
	for (unsigned int i = 0; i < 200 && !over(&w); i++) {
		turn(QUIET_MS / 10);
		(void)send(w.fd, "\0\0\0\0\0\x42\0\0", 8, MSG_NOSIGNAL);
	}
	assert_true(over(&w));
	fd_close(&c);
	fd_close(&w.fd);
	stop();
}

TEST(what_a_worker_wants_remembered_is_for_the_next_one_of_that_card)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	struct worker w, next;

	start();
	w = card("A", "t");
	assert_int_equal(w.memory_n, 0);
	say_memory(&w, "refused: one", key);
	say_memory(&w, "refused: two", key);
	assert_false(over(&w));
	fd_close(&w.fd);
	next = worker_of(asked(LONG_MS));
	assert_int_equal(next.memory_n, 12);
	assert_memory_equal(next.memory, "refused: two", 12);
	assert_memory_equal(next.key, key, MEMORY_KEY);
	fd_close(&next.fd);
	w = worker_of(asked(LONG_MS));
	assert_int_equal(w.memory_n, 12);
	entry_remove(entry_find(&d, "A"));
	fd_close(&w.fd);
	next = card("A", "t");
	assert_int_equal(next.memory_n, 0); /* the card was taken out */
	say_memory(&next, "no key", NULL);
	assert_true(over(&next));
	fd_close(&next.fd);
	stop();
}

/* The request of tokend that brings it to a worker; its length, 0: none. */
static size_t
heard_memory(const struct worker *w, const char *key)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct span body, bytes;

	turn(0);
	msg_init(&m, 0);
	if (msg_recv(w->fd, &m, deadline_in(20)) != ERR_OK)
		return 0;
	assert_int_equal(m.type, WRK_MEMORY);
	assert_true(span_eq(secret_span(m.secret), span_str(key)));
	body = buf_span(&m.body);
	EXPECT_OK(msg_get_bytes(&body, MEMORY_BYTES, &bytes));
	EXPECT_OK(span_end(body));
	return bytes.n;
}

TEST(what_a_card_refused_comes_back_after_its_driver_died)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	static const struct {
		const char *why, *id;
		uint32_t events;
		size_t want;
	} rows[] = {
		{ "the same card", "t", 2, 7 },
		{ "another one", "u", 2, 0 },
		{ "it was taken out", "t", 3, 0 },
	};
	struct worker w;

	for (size_t i = 0; i < nitems(rows); i++) {
		start();
		w = card("A", "t");
		say_memory(&w, "refused", key);
		entry_remove(entry_find(&d, "A"));
		fd_close(&w.fd);
		entry_add(&d, "A", rows[i].events);
		w = worker_of(asked(LONG_MS));
		assert_int_equal(w.memory_n, 0); /* it has not read the card */
		say_token(&w, rows[i].id);
		assert_int_equal(heard_memory(&w, key), rows[i].want);
		assert_true(entry_listed(entry_find(&d, "A")));
		fd_close(&w.fd);
		w = worker_of(asked(LONG_MS));
		assert_int_equal(w.memory_n, rows[i].want);
		fd_close(&w.fd);
		stop();
	}
}

TEST(a_word_with_something_in_it_is_none)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct worker w;

	start();
	w = card("A", "t");
	msg_init(&m, WRK_ALIVE);
	buf_put_u8(&m.body, 0);
	say(&w, &m);
	assert_true(over(&w));
	fd_close(&w.fd);
	stop();
}

TEST(an_answer_that_nobody_asked_for_ends_its_worker)
{
	struct worker w;

	start();
	w = card("A", "t");
	say_ok(&w);
	assert_true(over(&w));
	fd_close(&w.fd);
	stop();
}

TEST(scsd_that_starts_none_is_asked_again_and_the_card_not_given_up)
{
	uint32_t first, next;
	struct worker w;

	start();
	d.patience.spawn_ms = 300;
	entry_add(&d, "A", 1);
	first = asked(LONG_MS);
	for (unsigned int i = 0; i < 3; i++) {
		next = asked(LONG_MS);
		assert_int_not_equal(next, 0);
		assert_int_not_equal(next, first);
		first = next;
	}
	w = worker_of(next);
	say_token(&w, "t");
	assert_true(entry_listed(entry_find(&d, "A")));
	fd_close(&w.fd);
	stop();
}

TEST(three_that_cannot_read_the_card_are_enough)
{
	struct worker w;

	start();
	entry_add(&d, "A", 1);
	for (unsigned int i = 0; i < 3; i++) {
		w = worker_of(asked(LONG_MS));
		say_failure(&w, WRK_TOKEN, ERR_IO, 0);
		assert_true(over(&w));
		fd_close(&w.fd);
	}
	assert_int_equal(asked(1500), 0);
	assert_non_null(entry_find(&d, "A"));
	stop();
}

TEST(a_card_that_others_keep_is_tried_again_more_often_than_that)
{
	struct worker w;

	start();
	entry_add(&d, "A", 1);
	for (unsigned int i = 0; i < 4; i++) {
		w = worker_of(asked(LONG_MS));
		say_failure(&w, WRK_TOKEN, ERR_BUSY, 0);
		assert_true(over(&w));
		fd_close(&w.fd);
	}
	w = worker_of(asked(LONG_MS));
	fd_close(&w.fd);
	stop();
}

TEST(a_card_that_no_driver_knows_is_left_in_peace)
{
	struct worker w;

	start();
	entry_add(&d, "A", 1);
	w = worker_of(asked(LONG_MS));
	say_failure(&w, WRK_TOKEN, ERR_ABSENT, 0);
	assert_true(over(&w));
	assert_int_equal(asked(500), 0);
	fd_close(&w.fd);
	stop();
}

TEST(a_worker_whose_card_is_gone_ends_or_is_killed)
{
	struct worker w;
	uint32_t cookie;

	start();
	w = card("A", "t");
	entry_remove(entry_find(&d, "A"));
	assert_true(over(&w));
	assert_false(killed(w.cookie, LEAVE_MS / 10));
	assert_true(killed(w.cookie, LONG_MS));
	fd_close(&w.fd);

	w = card("B", "t");
	cookie = w.cookie;
	entry_remove(entry_find(&d, "B"));
	fd_close(&w.fd);
	entry_worker_gone(&d, cookie); /* it ended by itself */
	assert_false(killed(cookie, 3 * LEAVE_MS / 2));
	stop();
}

TEST(the_next_worker_hears_what_a_card_said_of_its_puk)
{
	struct worker w;
	uint8_t tries = 0;
	int c;
	err_t e;

	start();
	w = card("A", "t");
	c = client();
	ask(c, TOK_UNBLOCK, w.insertion, "12345678123456");
	assert_int_equal(request(&w, &tries), TOK_UNBLOCK);
	assert_int_equal(tries, TOKEN_TRIES_UNKNOWN);
	say_failure(&w, TOK_ANSWER, ERR_PIN_WRONG, 2);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	/* it dies with the second: that may have been spent */
	ask(c, TOK_UNBLOCK, w.insertion, "12345679123456");
	assert_int_equal(request(&w, &tries), TOK_UNBLOCK);
	assert_int_equal(tries, 2);
	fd_close(&w.fd);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	w = worker_of(asked(LONG_MS));
	say_token(&w, "t");
	ask(c, TOK_UNBLOCK, w.insertion, "12345678123456");
	assert_int_equal(request(&w, &tries), TOK_UNBLOCK);
	assert_int_equal(tries, 1);
	fd_close(&w.fd);
	/* the card in another reader, later */
	entry_remove(entry_find(&d, "A"));
	w = card("B", "t");
	ask(c, TOK_UNBLOCK, w.insertion, "12345678123456");
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	assert_int_equal(request(&w, &tries), TOK_UNBLOCK);
	assert_int_equal(tries, 0);
	fd_close(&c);
	fd_close(&w.fd);
	stop();
}

TEST(two_cards_of_one_name_are_two_tokens)
{
	struct worker a, b;
	int c;
	err_t e;

	start();
	a = card("A", "same");
	b = card("B", "same");
	assert_true(a.insertion != b.insertion);
	c = client();
	ask(c, TOK_LOGIN, b.insertion, "123456");
	assert_int_equal(request(&b, NULL), TOK_LOGIN);
	assert_int_equal(request(&a, NULL), 0);
	say_ok(&b);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	entry_remove(entry_find(&d, "B"));
	ask(c, TOK_SIGN, b.insertion, NULL);
	assert_int_equal(hear(c, &e), TOK_ANSWER);
	EXPECT_ERR(ERR_REMOVED, e, "the other one is not asked");
	assert_int_equal(request(&a, NULL), 0);
	ask(c, TOK_TRIES, a.insertion, NULL);
	assert_int_equal(request(&a, NULL), TOK_TRIES);
	fd_close(&c);
	fd_close(&a.fd);
	fd_close(&b.fd);
	stop();
}

TEST(a_driver_that_is_turned_off_loses_its_cards_at_once)
{
	struct worker w, next;

	start();
	w = card("A", "t");
	d.drivers_off = 1;
	entry_drivers_changed(entry_find(&d, "A"));
	assert_true(over(&w));
	assert_false(entry_listed(entry_find(&d, "A")));
	next = worker_of(asked(LONG_MS));
	assert_int_equal(next.drivers_off, 1);
	say_failure(&next, WRK_TOKEN, ERR_ABSENT, 0);
	fd_close(&w.fd);
	fd_close(&next.fd);
	d.drivers_off = 0;
	entry_drivers_changed(entry_find(&d, "A"));
	w = worker_of(asked(LONG_MS));
	assert_int_equal(w.drivers_off, 0);
	say_token(&w, "t");
	/* nothing changes for it */
	entry_drivers_changed(entry_find(&d, "A"));
	assert_false(over(&w));
	fd_close(&w.fd);
	stop();
}

TEST(a_card_that_flickers_starts_few_workers)
{
	unsigned int started = 0;
	struct worker w, other;
	uint64_t began;

	start();
	began = clock_ms();
	for (unsigned int i = 0; i < 100; i++) {
		entry_add(&d, "A", i);
		started += heard().type == CONTROL_SPAWN ? 1 : 0;
		if (i < 99)
			entry_remove(entry_find(&d, "A"));
		while (heard().type == CONTROL_KILL)
			;
	}
	/* and one in each pause that the machine has made */
	assert_in_range(started, PACE_FREE,
	    PACE_FREE + (clock_ms() - began) / PACE_FIRST_MS);
	other = card("B", "other"); /* at once */
	w = worker_of(asked(LONG_MS));
	assert_string_equal(w.reader, "A");
	fd_close(&w.fd);
	fd_close(&other.fd);
	stop();
}

TEST_MAIN("tokend/entry")
