/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

static char dir[] = "/tmp/scs-test-fd-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
pair(int type, int s[2])
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, s), 0);
}

TEST(aa_folder_for_the_others)
{
	assert_non_null(mkdtemp(dir));
}

TEST(fd_close_and_take_leave_minus_one)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), other;

	other = fd_take(&fd);
	assert_int_equal(fd, -1);
	fd_close(&other);
	fd_close(&other);
	assert_int_equal(other, -1);
}

TEST(fd_read_n_is_whole_or_fails)
{
	static const struct {
		const char *why, *sent;
		err_t want;
	} rows[] = {
		{ "end before the first byte", "", ERR_REMOVED },
		{ "end in the middle", "123", ERR_SHORT },
		{ "exact", "1234", ERR_OK },
		{ "more is left alone", "12345", ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		char got[4];
		int s[2];

		pair(SOCK_STREAM, s);
		EXPECT_OK(fd_write_all(
		    s[0], span_str(rows[i].sent), deadline_in(1000)));
		fd_close(&s[0]);
		EXPECT_ERR(rows[i].want,
		    fd_read_n(s[1], got, sizeof(got), deadline_in(1000)),
		    rows[i].why);
		fd_close(&s[1]);
	}
}

TEST(fd_waits_have_an_end)
{
	uint64_t start = clock_ms();
	char got[4];
	int s[2];

	pair(SOCK_STREAM, s);
	EXPECT_OK(fd_write_all(s[0], span_str("12"), deadline_in(1000)));
	EXPECT_ERR(ERR_TIMEOUT,
	    fd_read_n(s[1], got, sizeof(got), deadline_in(50)), "half a read");
	assert_true(clock_ms() - start >= 50);
	fd_close(&s[0]);
	fd_close(&s[1]);
}

TEST(fd_write_to_a_peer_that_does_not_read_times_out)
{
	static uint8_t much[4 << 20];
	int s[2];

	pair(SOCK_STREAM, s);
	EXPECT_ERR(ERR_TIMEOUT,
	    fd_write_all(s[0], SPAN_OF(much), deadline_in(50)), "socket");
	fd_close(&s[0]);
	fd_close(&s[1]);
	assert_int_equal(pipe2(s, O_CLOEXEC), 0);
	EXPECT_ERR(ERR_TIMEOUT,
	    fd_write_all(s[1], SPAN_OF(much), deadline_in(50)), "pipe");
	fd_close(&s[0]);
	fd_close(&s[1]);
}

/* SIGPIPE has its default action here: it would end this program. */
TEST(fd_write_to_a_closed_peer_is_removed_and_no_signal)
{
	int s[2];

	pair(SOCK_STREAM, s);
	fd_close(&s[1]);
	EXPECT_ERR(ERR_REMOVED,
	    fd_write_all(s[0], span_str("x"), deadline_in(1000)), "socket");
	fd_close(&s[0]);
	assert_int_equal(pipe2(s, O_CLOEXEC), 0);
	fd_close(&s[0]);
	EXPECT_ERR(ERR_REMOVED,
	    fd_write_all(s[1], span_str("x"), deadline_in(1000)), "pipe");
	fd_close(&s[1]);
}

TEST(fd_that_is_none_is_an_error_and_no_wait)
{
	char c;

	EXPECT_ERR(ERR_IO, fd_read_n(-1, &c, 1, DEADLINE_NONE), "read");
	EXPECT_ERR(
	    ERR_IO, fd_write_all(-1, span_str("x"), DEADLINE_NONE), "write");
}

TEST(fd_connect_says_what_is_wrong)
{
	char longest[200];
	int fd = -1;

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	EXPECT_ERR(ERR_SERVICE, fd_connect_unix(in_dir("no"), &fd), "absent");
	EXPECT_ERR(ERR_LIMIT, fd_connect_unix(longest, &fd), "long");
	EXPECT_ERR(ERR_FORMAT, fd_connect_unix("", &fd), "empty");
	assert_int_equal(fd, -1);
}

TEST(fd_listen_replaces_a_stale_socket_only)
{
	int a = -1, b = -1, c = -1;
	struct stat st;

	EXPECT_OK(fd_listen_unix(in_dir("s"), 0600, &a));
	assert_int_equal(stat(in_dir("s"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	EXPECT_ERR(ERR_BUSY, fd_listen_unix(in_dir("s"), 0600, &b), "in use");
	EXPECT_OK(fd_connect_unix(in_dir("s"), &c));
	assert_int_equal(fcntl(c, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	fd_close(&c);
	fd_close(&a);
	EXPECT_OK(fd_listen_unix(in_dir("s"), 0666, &a));
	fd_close(&a);
}

TEST(fd_listen_leaves_a_file_in_its_place_alone)
{
	int fd = open(in_dir("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	int s = -1;

	fd_close(&fd);
	EXPECT_ERR(ERR_FORMAT, fd_listen_unix(in_dir("file"), 0600, &s), "it");
	assert_int_equal(access(in_dir("file"), F_OK), 0);
	(void)unlink(in_dir("file"));
}

/* A stopped service with a full queue must not hold a login for ever. */
TEST(fd_connect_to_a_full_queue_times_out)
{
	int s = -1, clients[256], n = 0;
	uint64_t start;
	err_t e = ERR_OK;

	EXPECT_OK(fd_listen_unix(in_dir("full"), 0600, &s));
	assert_int_equal(listen(s, 0), 0);
	start = clock_ms();
	while (n < 256 && e == ERR_OK) {
		if ((e = fd_connect_unix(in_dir("full"), &clients[n])) == 0)
			n++;
	}
	EXPECT_ERR(ERR_TIMEOUT, e, "a connection too many");
	assert_true(clock_ms() - start < 20000); /* of a loaded machine */
	while (n > 0)
		fd_close(&clients[--n]);
	fd_close(&s);
}

static unsigned int
open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

TEST(fd_packet_carries_a_descriptor)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), got = -1;
	uint8_t p[8];
	size_t n;

	pair(SOCK_SEQPACKET, s);
	EXPECT_OK(fd_send_packet(s[0], span_str("abc"), null));
	EXPECT_OK(
	    fd_recv_packet(s[1], p, sizeof(p), deadline_in(1000), &n, &got));
	EXPECT_SPAN(span_from(p, n), "abc");
	assert_true(got >= 0 && got != null);
	assert_int_equal(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	fd_close(&got);
	EXPECT_OK(fd_send_packet(s[0], span_str("d"), -1));
	EXPECT_OK(
	    fd_recv_packet(s[1], p, sizeof(p), deadline_in(1000), &n, &got));
	assert_int_equal(got, -1);
	fd_close(&s[0]);
	EXPECT_OK(
	    fd_recv_packet(s[1], p, sizeof(p), deadline_in(1000), &n, &got));
	assert_int_equal(n, 0);
	fd_close(&s[1]);
	fd_close(&null);
}

TEST(fd_packet_too_long_is_refused_and_its_descriptor_closed)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), got = -1;
	unsigned int before;
	uint8_t p[2];
	size_t n;

	pair(SOCK_SEQPACKET, s);
	before = open_fds();
	EXPECT_OK(fd_send_packet(s[0], span_str("abc"), null));
	EXPECT_ERR(ERR_FORMAT,
	    fd_recv_packet(s[1], p, sizeof(p), deadline_in(1000), &n, &got),
	    "three bytes for two");
	assert_int_equal(open_fds(), before);
	fd_close(&s[0]);
	fd_close(&s[1]);
	fd_close(&null);
}

/* n descriptors in one message, as only a hostile peer sends them. */
static void
send_fds(int sock, const int *fds, size_t n)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} ctl = { 0 };
	struct iovec iov = { .iov_base = (char[]){ 'x' }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.bytes,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	ctl.h.cmsg_level = SOL_SOCKET;
	ctl.h.cmsg_type = SCM_RIGHTS;
	ctl.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&ctl.h), fds, n * sizeof(int));
	assert_int_equal(sendmsg(sock, &m, 0), 1);
}

TEST(fd_descriptors_too_many_do_not_stay_open)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), got = -1;
	int fds[8];
	unsigned int before;
	uint8_t p[8];
	size_t n;

	pair(SOCK_SEQPACKET, s);
	before = open_fds();
	for (size_t i = 0; i < nitems(fds); i++)
		fds[i] = null;
	for (size_t i = 2; i <= nitems(fds); i++) {
		send_fds(s[0], fds, i);
		(void)!fd_recv_packet(
		    s[1], p, sizeof(p), deadline_in(1000), &n, &got);
		fd_close(&got);
		assert_int_equal(open_fds(), before);
	}
	fd_close(&s[0]);
	fd_close(&s[1]);
	fd_close(&null);
}

TEST(fd_packet_does_not_wait_without_a_deadline)
{
	int s[2], got = -1;
	uint8_t p[8];
	size_t n;

	pair(SOCK_SEQPACKET | SOCK_NONBLOCK, s);
	EXPECT_ERR(ERR_TIMEOUT, fd_recv_packet(s[1], p, sizeof(p), 0, &n, &got),
	    "empty");
	fd_close(&s[1]);
	EXPECT_ERR(
	    ERR_REMOVED, fd_send_packet(s[0], span_str("x"), -1), "closed");
	fd_close(&s[0]);
}

TEST(fd_two_ends_talk_and_close_at_exec)
{
	int a = -1, b = -1, out = -1, in = -1;
	uint8_t p[4];

	EXPECT_OK(fd_pair(SOCK_STREAM, &a, &b));
	EXPECT_OK(fd_pipe(&out, &in));
	assert_int_equal(write(a, "ab", 2), 2);
	assert_int_equal(read(b, p, sizeof(p)), 2);
	assert_int_equal(write(in, "abc", 3), 3);
	assert_int_equal(read(out, p, sizeof(p)), 3);
	assert_true(
	    (fcntl(a, F_GETFD) & fcntl(b, F_GETFD) & fcntl(out, F_GETFD) &
		fcntl(in, F_GETFD) & FD_CLOEXEC) != 0);
	fd_close(&a);
	fd_close(&b);
	fd_close(&out);
	fd_close(&in);
}

TEST(fd_two_ends_are_untouched_without_descriptors)
{
	struct rlimit before, none;
	int a = -1, b = -1;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 3, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	EXPECT_ERR(ERR_IO, fd_pair(SOCK_STREAM, &a, &b), "socket pair");
	EXPECT_ERR(ERR_IO, fd_pipe(&a, &b), "pipe");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(a, -1);
	assert_int_equal(b, -1);
}

TEST(zz_folder_goes)
{
	(void)unlink(in_dir("s"));
	(void)unlink(in_dir("full"));
	assert_int_equal(rmdir(dir), 0);
}

TEST_MAIN("base/fd")
