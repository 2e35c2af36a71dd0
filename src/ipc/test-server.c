/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server on a real loop with real clients, all in this one thread: turn()
 * lets the loop do what it can, then the clients look at what they got.
 */
#include "ipc/server.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "fault.h"
#include "test.h"

enum {
	ANSWER,
	LATER,
	REFUSE
};

static struct {
	sd_event *ev;
	struct server *server;
	struct conn *last; /* of the request in work */
	char dir[40], path[64];
	unsigned int opened, closed, requests;
	unsigned int of_type[8];
	int mode;
	err_t on_open;
} w;

static err_t
reply(struct conn *c, uint16_t type)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, type);
	return conn_reply(c, &m);
}

static err_t
on_opened(struct conn *c, void *ctx, void **user)
{
	(void)c;
	assert_ptr_equal(ctx, &w);
	*user = &w.opened;
	w.opened++;
	return w.on_open;
}

static err_t
on_request(struct conn *c, void *user, struct msg *m)
{
	assert_ptr_equal(user, &w.opened);
	w.requests++;
	w.of_type[m->type % 8]++;
	w.last = c;
	if (w.mode == REFUSE)
		return ERR_DENIED;
	return w.mode == ANSWER ? reply(c, m->type) : ERR_OK;
}

/* Does everything that would be wrong with memory if it were looked after. */
static void
on_closed(struct conn *c, void *user)
{
	assert_ptr_equal(user, &w.opened);
	w.closed++;
	w.last = NULL;
	(void)reply(c, 1);
	conn_close(c);
}

static const struct server_ops ops = { on_opened, on_request, on_closed };

static void
start(unsigned int max_uid, unsigned int max_all)
{
	int s = -1;

	memset(&w, 0, sizeof(w));
	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/scs-test-server-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	(void)chmod(w.dir, 0755);
	(void)snprintf(w.path, sizeof(w.path), "%s/s", w.dir);
	EXPECT_OK(fd_listen_unix(w.path, 0666, &s));
	assert_true(sd_event_new(&w.ev) >= 0);
	EXPECT_OK(server_new(w.ev, s, max_uid, max_all, &ops, &w, &w.server));
}

static void
stop(void)
{
	server_free(&w.server);
	assert_null(w.server);
	w.ev = sd_event_unref(w.ev);
	(void)unlink(w.path);
	assert_int_equal(rmdir(w.dir), 0);
}

/* Run the loop until it has nothing to do; how many turns that took. */
static unsigned int
turn(void)
{
	unsigned int n = 0;

	while (n < 100000 && sd_event_run(w.ev, 0) > 0)
		n++;
	return n;
}

static int
client(void)
{
	int fd = -1;

	EXPECT_OK(fd_connect_unix(w.path, &fd));
	(void)turn();
	return fd;
}

static void
ask(int fd, uint16_t type, size_t body)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, type);
	(void)buf_grow(&m.body, body);
	EXPECT_OK(msg_send(fd, &m, deadline_in(1000)));
}

/* `n` requests in one write: as separate ones they would not all be queued. */
static void
ask_many(int fd, uint16_t n, bool same)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100000);

	for (uint16_t i = 0; i < n; i++) {
		CLEANUP(msg_done) struct msg m;

		msg_init(&m, same ? 1 : i);
		EXPECT_OK(msg_build(&m, &b));
	}
	EXPECT_OK(fd_write_all(fd, buf_span(&b), deadline_in(1000)));
}

static err_t
answer(int fd, uint16_t want)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t e;

	(void)turn();
	if ((e = msg_recv(fd, &m, deadline_in(20))) == ERR_OK)
		assert_int_equal(m.type, want);
	return e;
}

TEST(server_answers_and_tells_of_the_end)
{
	int fd;

	start(9, 9);
	fd = client();
	assert_int_equal(w.opened, 1);
	ask(fd, 5, 100);
	EXPECT_OK(answer(fd, 5));
	ask(fd, 6, 100000);
	(void)turn();
	EXPECT_OK(answer(fd, 6));
	assert_int_equal(w.closed, 0);
	fd_close(&fd);
	(void)turn();
	assert_int_equal(w.closed, 1);
	stop();
}

TEST(server_takes_a_frame_in_any_pieces)
{
	static const uint8_t frame[] = { 0, 0, 0, 3, 0, 5, 0, 2, 'a', 'b', 'c',
		'1', '2' };
	int fd;

	start(9, 9);
	fd = client();
	for (size_t i = 0; i < sizeof(frame); i++) {
		assert_int_equal(w.requests, 0);
		assert_int_equal(write(fd, frame + i, 1), 1);
		assert_true(turn() < 10); /* half a frame does not spin */
	}
	EXPECT_OK(answer(fd, 5));
	fd_close(&fd);
	stop();
}

TEST(server_answers_pipelined_requests_in_order)
{
	int fd;

	start(9, 9);
	fd = client();
	ask_many(fd, 200, false);
	for (uint16_t i = 0; i < 200; i++)
		EXPECT_OK(answer(fd, i));
	assert_int_equal(w.requests, 200);
	fd_close(&fd);
	stop();
}

TEST(server_has_one_request_in_work_for_each_client)
{
	int fd;

	start(9, 9);
	w.mode = LATER;
	fd = client();
	ask(fd, 1, 0);
	ask(fd, 2, 0);
	(void)turn();
	assert_int_equal(w.requests, 1);
	EXPECT_OK(reply(w.last, 1));
	EXPECT_OK(answer(fd, 1));
	assert_int_equal(w.requests, 2);
	EXPECT_OK(reply(w.last, 2));
	EXPECT_OK(answer(fd, 2));
	EXPECT_ERR(ERR_SEQUENCE, reply(w.last, 3), "nothing was asked");
	EXPECT_ERR(ERR_TIMEOUT, answer(fd, 3), "and nothing was sent");
	fd_close(&fd);
	stop();
}

TEST(server_bad_frame_costs_that_client_alone)
{
	int bad, good;

	start(9, 9);
	bad = client();
	good = client();
	EXPECT_OK(fd_write_all(
	    bad, span_from("\xff\xff\xff\xff\0\1\0\0", 8), deadline_in(100)));
	EXPECT_ERR(ERR_REMOVED, answer(bad, 0), "dropped");
	assert_int_equal(w.closed, 1);
	ask(good, 3, 0);
	EXPECT_OK(answer(good, 3));
	w.mode = REFUSE;
	ask(good, 3, 0);
	EXPECT_ERR(ERR_REMOVED, answer(good, 0), "its request was refused");
	fd_close(&bad);
	fd_close(&good);
	stop();
}

TEST(server_client_gone_while_its_request_is_in_work)
{
	int fd;

	start(9, 9);
	w.mode = LATER;
	fd = client();
	ask(fd, 1, 0);
	ask(fd, 2, 0);
	(void)turn();
	assert_int_equal(w.requests, 1);
	fd_close(&fd);
	assert_true(turn() < 10);
	assert_int_equal(w.closed, 1);
	assert_int_equal(w.requests, 1);
	stop();
}

TEST(server_answers_a_client_that_has_said_its_last_word)
{
	int fd;

	start(9, 9);
	fd = client();
	ask(fd, 4, 0);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	EXPECT_OK(answer(fd, 4));
	EXPECT_ERR(ERR_REMOVED, answer(fd, 0), "then it is closed");
	fd_close(&fd);
	stop();
}

TEST(server_flood_leaves_others_their_turn)
{
	int flood, other;

	start(9, 9);
	flood = client();
	other = client();
	ask_many(flood, 200, true);
	ask(other, 2, 0);
	for (int i = 0; i < 50 && w.of_type[2] == 0; i++)
		(void)sd_event_run(w.ev, 0);
	assert_int_equal(w.of_type[2], 1);
	assert_true(w.of_type[1] < 50);
	for (int i = 0; i < 200; i++)
		EXPECT_OK(answer(flood, 1));
	assert_int_equal(w.of_type[1], 200);
	fd_close(&flood);
	fd_close(&other);
	stop();
}

/* Its answers would fill our memory: it waits until it reads. */
TEST(server_does_not_read_from_a_client_that_does_not_read)
{
	struct msg m;
	unsigned int at;
	int fd;
	err_t e;

	start(9, 9);
	fd = client();
	msg_init(&m, 1);
	for (;;) {
		e = msg_send(fd, &m, deadline_in(0));
		if (e != ERR_OK)
			break;
		(void)turn();
		assert_true(w.requests < 1000000);
	}
	msg_done(&m);
	EXPECT_ERR(ERR_TIMEOUT, e, "the client is held up");
	at = w.requests;
	(void)turn();
	assert_int_equal(w.requests, at);
	assert_int_equal(w.closed, 0);
	EXPECT_OK(answer(fd, 1));
	fd_close(&fd);
	stop();
}

static unsigned int told;

static void
tell(struct conn *c, void *user, void *ctx)
{
	CLEANUP(msg_done) struct msg m;

	assert_ptr_equal(user, &w.opened);
	msg_init(&m, 7);
	(void)buf_grow(&m.body, *(size_t *)ctx);
	if (conn_event(c, &m) == ERR_OK)
		told++;
}

TEST(server_event_reaches_every_client_between_answers)
{
	size_t size = 10;
	int a, b;

	start(9, 9);
	w.mode = LATER;
	a = client();
	b = client();
	ask(a, 1, 0);
	(void)turn();
	told = 0;
	server_each(w.server, tell, &size);
	assert_int_equal(told, 2);
	EXPECT_OK(reply(w.last, 1));
	EXPECT_OK(answer(a, 7));
	EXPECT_OK(answer(a, 1));
	EXPECT_OK(answer(b, 7));
	fd_close(&a);
	fd_close(&b);
	stop();
}

TEST(server_closes_a_client_that_lets_events_pile_up)
{
	size_t size = MSG_BODY_MAX;
	int fd;

	start(9, 9);
	fd = client();
	told = 0;
	for (int i = 0; i < 10; i++) {
		server_each(w.server, tell, &size);
		(void)turn();
	}
	assert_true(told >= 2 && told < 10);
	assert_int_equal(w.closed, 1);
	fd_close(&fd);
	stop();
}

TEST(server_has_room_for_so_many_and_no_more)
{
	int a, b, c;

	start(9, 2);
	a = client();
	b = client();
	c = client();
	EXPECT_ERR(ERR_REMOVED, answer(c, 0), "one too many");
	assert_int_equal(w.opened, 2);
	fd_close(&a);
	(void)turn();
	fd_close(&c);
	c = client();
	ask(c, 1, 0);
	EXPECT_OK(answer(c, 1));
	fd_close(&b);
	fd_close(&c);
	stop();
}

/* Three connections of nobody; how many are still open a moment later? */
static int
nobodys_connections(void)
{
	int open_ones = 0, fds[3];
	char c;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 99;
	for (size_t i = 0; i < nitems(fds); i++) {
		if (fd_connect_unix(w.path, &fds[i]) != ERR_OK)
			return 98;
	}
	for (size_t i = 0; i < nitems(fds); i++)
		open_ones +=
		    fd_read_n(fds[i], &c, 1, deadline_in(300)) == ERR_TIMEOUT;
	return open_ones;
}

TEST(server_quota_is_for_each_uid)
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	start(2, 9);
	if ((pid = fork()) == 0)
		_exit(nobodys_connections());
	while (waitpid(pid, &status, WNOHANG) == 0)
		(void)sd_event_run(w.ev, 10000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
	stop();
}

TEST(server_refused_at_opening_is_closed_without_closed)
{
	int fd;

	start(9, 9);
	w.on_open = ERR_DENIED;
	fd = client();
	EXPECT_ERR(ERR_REMOVED, answer(fd, 0), "refused");
	assert_int_equal(w.opened, 1);
	assert_int_equal(w.closed, 0);
	fd_close(&fd);
	stop();
}

static void
limit_files(rlim_t n)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
}

/* The lowest free descriptor is the number from which on none is left. */
static rlim_t
files_in_use(void)
{
	int fd = dup(STDERR_FILENO);
	rlim_t n = (rlim_t)fd;

	fd_close(&fd);
	return n;
}

static int
unconnected(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static void
connect_now(int fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w.path);
	assert_int_equal(connect(fd, (const void *)&sa, sizeof(sa)), 0);
}

TEST(server_at_the_descriptor_limit_ends_the_client_and_rests)
{
	struct rlimit before;
	int a, b;

	start(9, 9);
	a = unconnected();
	b = unconnected();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit_files(files_in_use());
	connect_now(a);
	assert_true(turn() < 10);
	EXPECT_ERR(ERR_REMOVED, answer(a, 0), "a clear end");
	limit_files(before.rlim_cur);
	connect_now(b);
	ask(b, 1, 0);
	EXPECT_OK(answer(b, 1));
	fd_close(&a);
	fd_close(&b);
	stop();
}

TEST(server_without_its_spare_descriptor_does_not_spin)
{
	uint64_t until = deadline_in(100);
	struct rlimit before;
	unsigned int turns = 0;
	int a, b;

	start(9, 9);
	a = unconnected();
	b = unconnected();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit_files(3); /* the spare one cannot be opened again either */
	connect_now(a);
	connect_now(b);
	while (deadline_left(until) > 0)
		turns += sd_event_run(w.ev, 10000) > 0;
	assert_true(turns < 10);
	limit_files(before.rlim_cur);
	for (int i = 0; i < 100 && w.opened == 0; i++)
		(void)sd_event_run(w.ev, 10000);
	ask(b, 1, 0);
	EXPECT_OK(answer(b, 1));
	fd_close(&a);
	fd_close(&b);
	stop();
}

TEST(server_free_closes_every_client)
{
	int a, b;

	start(9, 9);
	w.mode = LATER;
	a = client();
	b = client();
	ask(a, 1, 0);
	(void)turn();
	stop();
	assert_int_equal(w.closed, 2);
	fd_close(&a);
	fd_close(&b);
}

/* Without memory a client may be lost, but never the server. */
TEST(server_survives_any_failed_allocation)
{
	unsigned int lost = 0, k = 1, seen;
	int fd = -1;
	err_t e;

	start(9, 9);
	do {
		fault_at(k);
		fd = client();
		e = fault_stop() >= k ? ERR_NOMEM : ERR_OK;
		fault_at(k);
		(void)send(fd, "\0\0\0\3\0\5\0\2abc12", 13, MSG_NOSIGNAL);
		(void)turn();
		seen = fault_stop();
		if (seen >= k)
			e = ERR_NOMEM;
		if (answer(fd, 5) != ERR_OK)
			lost++;
		fd_close(&fd);
		(void)turn();
		k++;
	} while (e != ERR_OK && k < 100);
	EXPECT_OK(e);
	assert_true(lost >= 3 && lost <= 2 * k);
	assert_int_equal(w.opened, w.closed);
	stop();
}

TEST_MAIN("ipc/server")
