/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/control.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "test.h"

static int ends[2];

static void
pair(void)
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static void
unpair(void)
{
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

TEST(control_packet_arrives_with_its_descriptor)
{
	const struct control sent = { .type = CONTROL_WORKER,
		.kind = WORKER_TOKEN,
		.index = 3,
		.cookie = 0xdeadbeef,
		.error = ERR_OK };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = -1;
	struct control got;

	pair();
	EXPECT_OK(control_send(ends[0], &sent, null));
	EXPECT_OK(control_recv(ends[1], &got, &fd, deadline_in(1000)));
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_true(fd >= 0);
	fd_close(&fd);
	fd_close(&null);
	unpair();
}

TEST(control_packet_of_another_length_is_refused)
{
	static const uint8_t bytes[sizeof(struct control) + 1] = { 0 };

	for (size_t n = 1; n <= sizeof(bytes); n++) {
		struct control got = { .type = 99 };
		int fd = -1;

		if (n == sizeof(struct control))
			continue;
		pair();
		EXPECT_OK(fd_send_packet(ends[0], span_from(bytes, n), -1));
		EXPECT_ERR(ERR_FORMAT,
		    control_recv(ends[1], &got, &fd, deadline_in(1000)),
		    "length");
		assert_int_equal(got.type, 99);
		unpair();
	}
}

static unsigned int
open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

TEST(control_descriptor_of_a_bad_packet_does_not_stay_open)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = -1;
	struct control got;
	unsigned int before;

	pair();
	before = open_fds();
	EXPECT_OK(fd_send_packet(ends[0], span_str("x"), null));
	EXPECT_ERR(ERR_FORMAT,
	    control_recv(ends[1], &got, &fd, deadline_in(1000)), "short");
	assert_int_equal(fd, -1);
	assert_int_equal(open_fds(), before);
	fd_close(&null);
	unpair();
}

TEST(control_says_when_the_other_end_is_gone)
{
	const struct control c = { .type = CONTROL_ALIVE };
	struct control got;
	int fd = -1;

	pair();
	EXPECT_ERR(ERR_TIMEOUT, control_recv(ends[1], &got, &fd, 0), "quiet");
	fd_close(&ends[0]);
	EXPECT_ERR(ERR_REMOVED,
	    control_recv(ends[1], &got, &fd, deadline_in(1000)), "recv");
	EXPECT_ERR(ERR_REMOVED, control_send(ends[1], &c, -1), "send");
	unpair();
}

TEST_MAIN("ipc/control")
