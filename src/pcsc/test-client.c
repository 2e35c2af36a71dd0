/* SPDX-License-Identifier: BSD-2-Clause */
/* The client against a service whose answers lie ready in the socket. */
#include "pcsc/client.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pcsc/rv.h"
#include "test.h"

static int service; /* the other end */

static void
answer(uint32_t command, const void *body, size_t n)
{
	struct wire_header h = { (uint32_t)n, command };

	if (command != 0)
		EXPECT_OK(fd_write_all(
		    service, span_from(&h, sizeof(h)), deadline_in(100)));
	EXPECT_OK(fd_write_all(service, span_from(body, n), deadline_in(100)));
}

static struct pcsc *
connected(enum pcsc_dialect dialect)
{
	bool worker = dialect == PCSC_WORKER;
	struct wire_version v = { 4, 6, 0 };
	struct wire_establish e = { 2, 77, 0 };
	struct pcsc *c = NULL;
	int pair[2];

	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	service = pair[1];
	answer(worker ? WIRE_VERSION : 0, &v, sizeof(v));
	answer(worker ? WIRE_ESTABLISH_CONTEXT : 0, &e, sizeof(e));
	EXPECT_OK(pcsc_open_fd(pair[0], dialect, deadline_in(100), &c));
	return c;
}

static void
done(struct pcsc **c)
{
	pcsc_close(c);
	fd_close(&service);
}

TEST(a_refused_user_is_told_so)
{
	struct wire_version v = { 4, 6, 0 };
	struct wire_establish e = { 2, 0, SCARD_W_SECURITY_VIOLATION };
	struct pcsc *c = NULL;
	int pair[2];

	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	service = pair[1];
	answer(0, &v, sizeof(v));
	answer(0, &e, sizeof(e));
	EXPECT_ERR(ERR_DENIED,
	    pcsc_open_fd(pair[0], PCSC_PLAIN, deadline_in(100), &c), "refused");
	assert_null(c);
	fd_close(&service);
}

TEST(an_old_service_is_asked_again_with_its_own_version)
{
	struct wire_version no = { 4, 4, SCARD_E_SERVICE_STOPPED };
	struct wire_version yes = { 4, 4, 0 };
	struct wire_establish e = { 2, 1, 0 };
	struct wire_reader_state old[WIRE_OLD_READERS] = { 0 }, got[4];
	struct pcsc *c = NULL;
	size_t n = 9;
	int pair[2];

	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	service = pair[1];
	answer(0, &no, sizeof(no));
	answer(0, &yes, sizeof(yes));
	answer(0, &e, sizeof(e));
	EXPECT_OK(pcsc_open_fd(pair[0], PCSC_PLAIN, deadline_in(100), &c));
	old[3].reader[0] = 'R';
	old[3].atr_length = 34;
	answer(0, old, sizeof(old));
	EXPECT_OK(pcsc_readers(c, got, 4, &n, deadline_in(100)));
	assert_int_equal(n, 1);
	assert_int_equal(got[0].atr_length, 0);
	done(&c);
}

TEST(an_answer_longer_than_asked_for_kills_the_connection)
{
	struct pcsc *c = connected(PCSC_PLAIN);
	struct wire_transmit b = { .recv_length = 11 };
	struct pcsc_exchange x = { 1, SCARD_PROTOCOL_T1, span_str("ABCD") };
	CLEANUP(buf_done) struct buf out = BUF_INIT(10);

	answer(0, &b, sizeof(b));
	EXPECT_ERR(ERR_SERVICE, pcsc_transmit(c, &x, &out, deadline_in(100)),
	    "11 for 10");
	assert_false(pcsc_alive(c));
	assert_int_equal(out.n, 0);
	done(&c);
}

TEST(wanted_is_told_apart_from_answers)
{
	struct pcsc *c = connected(PCSC_WORKER);
	struct wire_hold h = { 5, 0, 0, 2, 0 };
	struct wire_handle s = { 5, 0 };
	struct wire_disposition u = { 5, 0, 0 };
	uint32_t touched = 9;

	answer(WIRE_HOLD, &h, sizeof(h));
	EXPECT_OK(pcsc_hold(c, 5, 0, &touched, deadline_in(100)));
	assert_int_equal(touched, WIRE_TOUCHED_NOT);
	assert_int_equal(pcsc_spoken(c), SCARD_PROTOCOL_T1);
	assert_false(pcsc_wanted(c));
	answer(WIRE_WANTED, NULL, 0);
	answer(WIRE_STATUS, &s, sizeof(s));
	EXPECT_OK(pcsc_status(c, 5, deadline_in(100)));
	assert_true(pcsc_wanted(c));
	answer(WIRE_UNHOLD, &u, sizeof(u));
	EXPECT_OK(pcsc_unhold(c, 5, SCARD_LEAVE_CARD, deadline_in(100)));
	assert_false(pcsc_wanted(c));
	done(&c);
}

/* A service that has been taken over does not keep us busy with it. */
TEST(wanted_comes_once_in_each_hold)
{
	static const struct {
		const char *why;
		bool asked; /* among answers, or while nothing is asked */
	} rows[] = { { "before an answer", true },
		{ "with nothing outstanding", false } };

	for (size_t i = 0; i < nitems(rows); i++) {
		struct pcsc *c = connected(PCSC_WORKER);
		struct wire_hold h = { 5, 0, 0, 2, 0 };
		struct wire_disposition u = { 5, 0, 0 };
		struct wire_handle s = { 5, 0 };
		uint32_t touched;

		for (unsigned int hold = 0; hold < 3; hold++) {
			answer(WIRE_HOLD, &h, sizeof(h));
			EXPECT_OK(
			    pcsc_hold(c, 5, 0, &touched, deadline_in(100)));
			answer(WIRE_WANTED, NULL, 0);
			assert_true(pcsc_wanted(c));
			answer(WIRE_UNHOLD, &u, sizeof(u));
			EXPECT_OK(pcsc_unhold(
			    c, 5, SCARD_LEAVE_CARD, deadline_in(100)));
		}
		for (unsigned int k = 0; k < 50; k++)
			answer(WIRE_WANTED, NULL, 0);
		answer(WIRE_STATUS, &s, sizeof(s));
		if (rows[i].asked)
			EXPECT_ERR(ERR_SERVICE,
			    pcsc_status(c, 5, deadline_in(100)), rows[i].why);
		else
			assert_true(pcsc_wanted(c));
		assert_false(pcsc_alive(c));
		done(&c);
	}
}

TEST(the_answer_to_another_command_kills_the_connection)
{
	struct pcsc *c = connected(PCSC_WORKER);
	struct wire_handle s = { 5, 0 };

	answer(WIRE_CANCEL, &s, sizeof(s));
	EXPECT_ERR(ERR_SERVICE, pcsc_status(c, 5, deadline_in(100)), "other");
	assert_true(pcsc_wanted(c)); /* whoever asks a dead one must stop */
	done(&c);
}

TEST(a_deadline_without_an_answer_kills_the_connection)
{
	struct pcsc *c = connected(PCSC_PLAIN);

	EXPECT_ERR(ERR_TIMEOUT, pcsc_status(c, 5, deadline_in(20)), "late");
	assert_false(pcsc_alive(c));
	EXPECT_ERR(ERR_SERVICE, pcsc_status(c, 5, deadline_in(20)), "dead");
	done(&c);
}

/* pcscd takes 100 ms to say no, across any deadline. */
TEST(a_late_refusal_of_a_transaction_keeps_the_connection)
{
	struct pcsc *c = connected(PCSC_PLAIN);
	struct wire_handle no = { 5, SCARD_E_SHARING_VIOLATION };
	struct wire_handle yes = { 5, 0 };
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)usleep(60000);
		_exit(write(service, &no, sizeof(no)) == sizeof(no) ? 0 : 1);
	}
	EXPECT_ERR(ERR_TIMEOUT, pcsc_begin(c, 5, deadline_in(20)), "theirs");
	assert_true(pcsc_alive(c));
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_int_equal(0, status);
	answer(0, &yes, sizeof(yes));
	EXPECT_OK(pcsc_begin(c, 5, deadline_in(20)));
	done(&c);
}

TEST(a_handle_is_made_good_again_without_a_reset)
{
	struct pcsc *c = connected(PCSC_PLAIN);
	struct wire_handle reset = { 5, SCARD_W_RESET_CARD };
	struct wire_reconnect good = { .card = 5, .active = SCARD_PROTOCOL_T1 };
	struct wire_reconnect sent = { 0 };
	uint8_t skipped[96];
	uint32_t active = 0;

	answer(0, &reset, sizeof(reset));
	EXPECT_ERR(ERR_REMOVED, pcsc_begin(c, 5, deadline_in(20)), "reset");
	assert_int_equal(SCARD_W_RESET_CARD, pcsc_rv(c));
	answer(0, &good, sizeof(good));
	EXPECT_OK(pcsc_reconnect(c, 5, 3, &active, deadline_in(20)));
	assert_int_equal(SCARD_PROTOCOL_T1, active);
	/* version, context and transaction, each with its header; RECONNECT's
	 */
	EXPECT_OK(fd_read_n(service, skipped,
	    4 * sizeof(struct wire_header) + sizeof(struct wire_version) +
		sizeof(struct wire_establish) + sizeof(struct wire_handle),
	    deadline_in(100)));
	EXPECT_OK(fd_read_n(service, &sent, sizeof(sent), deadline_in(100)));
	assert_int_equal(SCARD_LEAVE_CARD, sent.initialization);
	done(&c);
}

TEST(an_array_size_out_of_bounds_kills_the_connection)
{
	struct pcsc *c = connected(PCSC_PLAIN);
	struct wire_reader_state got[2];
	uint32_t size = PCSC_READERS_MAX + 1;
	size_t n;

	answer(0, &size, sizeof(size));
	EXPECT_ERR(ERR_SERVICE, pcsc_readers(c, got, 2, &n, deadline_in(100)),
	    "257 readers");
	done(&c);
}

TEST(one_event_ends_a_watch)
{
	struct pcsc *c = connected(PCSC_WORKER);
	struct wire_reader_state all[16] = { 0 }, got[2];
	struct wire_wait w = { 0, 0 };
	uint32_t size = 16;
	size_t n;

	answer(WIRE_GET_READERS_STATE_SIZE, &size, sizeof(size));
	answer(WIRE_GET_READERS_STATE_ARRAY, all, sizeof(all));
	EXPECT_OK(pcsc_watch(c, got, 2, &n, deadline_in(100)));
	EXPECT_ERR(ERR_TIMEOUT, pcsc_changed(c), "nothing yet");
	EXPECT_ERR(ERR_SEQUENCE, pcsc_readers(c, got, 2, &n, deadline_in(100)),
	    "busy");
	answer(WIRE_WAIT_READER_STATE_CHANGE, &w, sizeof(w));
	EXPECT_OK(pcsc_changed(c));
	EXPECT_ERR(ERR_SEQUENCE, pcsc_changed(c), "only one");
	done(&c);
}

TEST_MAIN("pcsc/client")
