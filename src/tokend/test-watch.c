/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which cards are in, as a PC/SC service of protocol 4:4 tells it: a child of
 * this test, which shows the state that it is told to show.
 */
#include <signal.h>
#include <sys/wait.h>

#include "pcsc/wire.h"
#include "tokend/test-daemon.h"

#define READERS 2
#define PATIENCE_MS 60000 /* whoever waits longer waits for ever */

/* One letter for each reader: '-' none, 'o' no card, 'm' a mute one, else a
 * card, whose letter is the reader's event counter. */
static char shown[READERS];

static void
put_states(int fd)
{
	static struct wire_reader_state all[WIRE_OLD_READERS];

	memset(all, 0, sizeof(all));
	for (size_t i = 0; i < READERS; i++) {
		struct wire_reader_state *s = &all[i];

		if (shown[i] == '-')
			continue;
		(void)snprintf(s->reader, sizeof(s->reader), "R%zu", i);
		s->event_counter = (uint8_t)shown[i];
		s->state = shown[i] == 'o' ? WIRE_STATE_ABSENT
		    : shown[i] == 'm'
		    ? WIRE_STATE_PRESENT | WIRE_STATE_SWALLOWED
		    : WIRE_STATE_PRESENT;
	}
	if (fd_write_all(fd, span_from(all, sizeof(all)), deadline_in(1000)) !=
	    ERR_OK)
		_exit(1);
}

/* The version that was asked for, 4:4 alone; a context. */
static bool
answer(int fd, struct wire_header h)
{
	uint8_t body[64] = { 0 };
	struct wire_version *v = (void *)body;
	uint32_t rv = 0;

	if (h.size > sizeof(body) ||
	    fd_read_n(fd, body, h.size, deadline_in(1000)) != ERR_OK)
		return false;
	if (h.command == WIRE_VERSION && v->minor != WIRE_MINOR_OLDEST)
		rv = 0x8010001e;
	memcpy(body + h.size - sizeof(rv), &rv, sizeof(rv));
	return fd_write_all(fd, span_from(body, h.size), deadline_in(1000)) ==
	    ERR_OK;
}

static volatile sig_atomic_t falls_silent;

static void
on_signal(int number UNUSED)
{
	falls_silent = 1;
}

/* The next one that wants to be told of changes hears nothing. */
static bool
is_silent(void)
{
	if (!falls_silent)
		return false;
	falls_silent = 0;
	(void)raise(SIGSTOP);
	return true;
}

/* Both ends of one client: what it asks, and what this test wants shown. */
static void
serve(int listening, int orders)
{
	struct pollfd p[2] = { { .fd = orders, .events = POLLIN },
		{ .fd = listening, .events = POLLIN } };
	struct wire_wait event = { 0 };
	struct wire_header h;
	bool armed = false, connected = false;

	for (;;) {
		if (poll(p, 2, -1) <= 0)
			continue;
		if (p[0].revents != 0) {
			if (fd_read_n(orders, shown, READERS, 0) != ERR_OK)
				_exit(0);
			if (armed &&
			    fd_write_all(p[1].fd,
				span_from(&event, sizeof(event)),
				deadline_in(1000)) != ERR_OK)
				_exit(1);
			armed = false;
		} else if (!connected) {
			p[1].fd = accept(listening, NULL, NULL);
			connected = true;
		} else if (fd_read_n(p[1].fd, &h, sizeof(h),
			       deadline_in(1000)) != ERR_OK ||
		    (h.command == WIRE_WAIT_READER_STATE_CHANGE
			    ? is_silent()
			    : !answer(p[1].fd, h))) {
			fd_close(&p[1].fd);
			p[1].fd = listening;
			connected = armed = false;
		} else if (h.command == WIRE_WAIT_READER_STATE_CHANGE) {
			armed = true;
			put_states(p[1].fd);
		}
	}
}

static char pcsc_path[80];
static int orders;
static pid_t child;

static unsigned int
cards(void)
{
	unsigned int n = 0;

	for (struct entry *e = d.entries; e != NULL; e = e->next)
		n++;
	return n;
}

/* Is it so, or does it come to be so? */
static bool
comes(unsigned int n)
{
	uint64_t until = deadline_in(PATIENCE_MS);

	while (cards() != n && clock_ms() < until)
		turn(5);
	return cards() == n;
}

static uint32_t
cookie_of(const char *reader)
{
	struct entry *e = entry_find(&d, reader);

	return e != NULL ? e->cookie : 0;
}

static void
show(const char *what)
{
	assert_int_equal(write(orders, what, READERS), READERS);
}

static void
service_up(const char *first)
{
	int pair[2], s;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	EXPECT_OK(fd_listen_unix(pcsc_path, 0600, &s));
	memcpy(shown, first, READERS);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		fd_close(&pair[0]);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)signal(SIGUSR1, on_signal);
		serve(s, pair[1]);
	}
	fd_close(&pair[1]);
	fd_close(&s);
	orders = pair[0];
}

static void
service_down(void)
{
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	fd_close(&orders);
	(void)unlink(pcsc_path);
}

static void
begin(const char *first)
{
	start();
	(void)snprintf(pcsc_path, sizeof(pcsc_path), "%s/pcsc", dir);
	d.pcsc_path = pcsc_path;
	d.patience.spawn_ms = 60000; /* nobody starts a worker here */
	service_up(first);
	watch_start(&d);
	turn(10);
}

static void
finish(void)
{
	watch_stop(&d);
	service_down();
	stop();
}

TEST(cards_that_are_in_are_found_at_once)
{
	begin("ab");
	assert_int_equal(cards(), 2);
	assert_non_null(entry_find(&d, "R0"));
	assert_non_null(entry_find(&d, "R1"));
	finish();
}

TEST(empty_readers_and_mute_cards_are_none)
{
	begin("om");
	assert_int_equal(cards(), 0);
	show("am");
	assert_true(comes(1));
	assert_non_null(entry_find(&d, "R0"));
	show("-m");
	assert_true(comes(0));
	finish();
}

TEST(cards_come_and_go)
{
	begin("oo");
	show("oa");
	assert_true(comes(1));
	assert_non_null(entry_find(&d, "R1"));
	show("ba");
	assert_true(comes(2));
	show("bo");
	assert_true(comes(1));
	assert_null(entry_find(&d, "R1"));
	show("--");
	assert_true(comes(0));
	finish();
}

/* Which is what its driver's death looks like. */
TEST(a_reader_that_goes_with_its_card_is_remembered_until_both_are_back)
{
	begin("oa");
	show("-o");
	assert_true(comes(0));
	assert_string_equal(d.gone, ""); /* there was no card in it */
	show("-b");
	assert_true(comes(1));
	show("--");
	assert_true(comes(0));
	assert_string_equal(d.gone, "R1");
	show("ao");
	assert_true(comes(1));
	assert_string_equal(d.gone, "R1"); /* its card is not seen yet */
	show("ab");
	assert_true(comes(2));
	assert_string_equal(d.gone, "");
	finish();
}

TEST(a_card_that_was_changed_unseen_is_another_one)
{
	uint32_t first;

	begin("ao");
	first = cookie_of("R0");
	assert_int_not_equal(first, 0);
	show("ca");
	assert_true(comes(2)); /* it has looked */
	assert_int_not_equal(cookie_of("R0"), 0);
	assert_int_not_equal(cookie_of("R0"), first);
	finish();
}

TEST(other_changes_do_not_touch_a_card)
{
	uint32_t first;

	begin("ao");
	first = cookie_of("R0");
	assert_int_not_equal(first, 0);
	show("ab");
	assert_true(comes(2));
	show("ao");
	assert_true(comes(1));
	assert_int_equal(cookie_of("R0"), first);
	finish();
}

TEST(a_service_that_goes_takes_its_cards_and_is_found_again)
{
	begin("ab");
	assert_int_equal(cards(), 2);
	service_down();
	assert_true(comes(0));
	turn(150); /* nobody is there: it goes on looking */
	service_up("ob");
	assert_true(comes(1));
	assert_non_null(entry_find(&d, "R1"));
	finish();
}

static void
both_refuse(void)
{
	CLEANUP(secret_free) struct secret *key = NULL;
	struct recall *r;

	for (int i = 0; i < 2; i++) {
		r = &entry_find(&d, i == 0 ? "R0" : "R1")->recall;
		EXPECT_OK(secret_from(span_str("key"), &key));
		EXPECT_OK(recall_set(r, span_str("refused"), TAKE(key)));
	}
}

static void
expect_remembered(bool first, bool second)
{
	assert_true(comes(2));
	assert_int_equal(entry_find(&d, "R0")->recall.key != NULL, first);
	assert_int_equal(entry_find(&d, "R1")->recall.key != NULL, second);
}

/* The one that was in when the service died, and not one from before that. */
TEST(a_service_that_goes_leaves_what_its_cards_refused)
{
	begin("ab");
	both_refuse();
	show("ob");
	assert_true(comes(1));
	service_down();
	assert_true(comes(0));
	service_up("\1\1");
	expect_remembered(false, true);
	finish();
}

static void
silent_once(const char *then)
{
	(void)kill(child, SIGUSR1);
	assert_int_equal(write(orders, then, READERS), READERS);
	assert_true(comes(0));
	(void)kill(child, SIGCONT);
}

/* It is taken for dead, but lives, and goes on counting. */
TEST(a_service_that_is_silent_for_a_while_leaves_it_too)
{
	begin("ae");
	both_refuse();
	silent_once("bg"); /* a driver has died; a card was out */
	expect_remembered(true, false);
	both_refuse();
	show("bo");
	assert_true(comes(1));
	silent_once("bi");
	expect_remembered(true, false);
	finish();
}

/* Its driver had died, and was not back when the service fell silent. */
TEST(what_waits_for_its_card_outlives_a_silence)
{
	begin("ae");
	both_refuse();
	show("-e");
	assert_true(comes(1));
	silent_once("-e");
	assert_true(comes(1));
	show("be");
	expect_remembered(true, true);
	finish();
}

TEST_MAIN("tokend/watch")
