/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that want too much, and a machine that has too little. */
#include "ipc/test-server.h"

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

/* Three connections of nobody; how many of them are answered? */
static int
nobodys_connections(void)
{
	CLEANUP(msg_done) struct msg m;
	int answered = 0, fds[3];

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 99;
	for (size_t i = 0; i < nitems(fds); i++) {
		if (fd_connect_unix(w.path, &fds[i]) != ERR_OK)
			return 98;
	}
	for (size_t i = 0; i < nitems(fds); i++) {
		msg_init(&m, 1);
		answered += msg_send(fds[i], &m, DEADLINE_NONE) == ERR_OK &&
		    msg_recv(fds[i], &m, DEADLINE_NONE) == ERR_OK;
		msg_done(&m);
	}
	return answered;
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

/* As another user: connect as often as that goes, say so, and stay. */
static void
take_all_room(uid_t uid, unsigned int n, int done)
{
	int fd;

	if (setuid(uid) != 0)
		_exit(99);
	for (unsigned int i = 0; i < n; i++) {
		if (fd_connect_unix(w.path, &fd) != ERR_OK)
			_exit(98);
	}
	if (write(done, "x", 1) == 1)
		(void)pause();
	_exit(97);
}

/* Such a user, when he has done it and has been served. */
static pid_t
room_taken(uid_t uid, unsigned int n)
{
	char byte;
	int p[2];
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0)
		take_all_room(uid, n, p[1]);
	fd_close(&p[1]);
	assert_int_equal(read(p[0], &byte, 1), 1);
	fd_close(&p[0]);
	(void)turn();
	return pid;
}

TEST(server_full_of_ordinary_users_has_room_for_the_favoured)
{
	pid_t many[3];
	int fd, own;

	if (geteuid() != 0)
		skip();
	start(9, 16);
	server_favour(w.server, 65000);
	for (size_t i = 0; i < 2; i++)
		many[i] = room_taken(65534 - (uid_t)i, 9);
	assert_int_equal(w.opened - w.closed, 14);
	many[2] = room_taken(65000, 1);
	assert_int_equal(w.opened - w.closed, 15);
	own = client();
	ask(own, 1, 0);
	EXPECT_OK(answer(own, 1));
	fd = client();
	EXPECT_ERR(ERR_REMOVED, answer(fd, 0), "now it is full");
	for (size_t i = 0; i < nitems(many); i++) {
		(void)kill(many[i], SIGKILL);
		assert_int_equal(waitpid(many[i], NULL, 0), many[i]);
	}
	fd_close(&fd);
	fd_close(&own);
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

TEST_MAIN("ipc/server-limits")
