/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same card as a process that speaks vpcd's frames (reader/virtual/vpcd.h):
 * to a virtual reader of ours (a path) or to pcscd's vpcd driver (a TCP port of
 * this machine). One read and one send for each command.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "answer.h"
#include "base/buf.h"
#include "base/def.h"
#include "reader/virtual/vpcd.h"

static const uint8_t card_atr[] = { NULL_ATR };
static bool over_tcp;

static int
connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	return fd;
}

static int
connect_port(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	over_tcp = true;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/*
 * The vpcd driver sends a length and then the command. The kernel keeps the
 * second back until the first is acknowledged, by default after 40 ms.
 */
static void
acknowledge(int fd)
{
	int on = 1;

	if (over_tcp)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void
answer_frame(struct span body, struct buf *out)
{
	static uint8_t answer[NULL_ANSWER_MAX];
	struct span a = span_from(card_atr, sizeof(card_atr));

	if (body.n == 1 && body.p[0] != VPCD_GET_ATR)
		return;
	if (body.n > 1)
		a = span_from(
		    answer, null_answer(body.p, body.n, answer, UINT16_MAX));
	if (vpcd_put(out, a) != ERR_OK)
		exit(1);
}

/* Everything that is whole in `in` is answered, in one send. */
static void
answer_all(int fd, struct buf *in, struct buf *out)
{
	struct span body;
	size_t used;

	while (vpcd_parse(buf_span(in), &body, &used) == ERR_OK) {
		answer_frame(body, out);
		buf_drop(in, used);
	}
	for (size_t sent = 0; sent < out->n;) {
		ssize_t r =
		    send(fd, out->p + sent, out->n - sent, MSG_NOSIGNAL);

		if (r <= 0)
			exit(0);
		sent += (size_t)r;
	}
	buf_reset(out);
}

int
main(int argc, char **argv)
{
	static uint8_t bytes[VPCD_FRAME_MAX];
	struct buf in = BUF_INIT(2 * VPCD_FRAME_MAX);
	struct buf out = BUF_INIT(2 * VPCD_FRAME_MAX);
	ssize_t r;
	int fd;

	if (argc != 2) {
		(void)fputs("usage: null-card PATH|PORT\n", stderr);
		return 2;
	}
	fd = argv[1][0] == '/'
	    ? connect_unix(argv[1])
	    : connect_port((uint16_t)strtoul(argv[1], NULL, 10));
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	while ((r = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		acknowledge(fd);
		buf_put(&in, span_from(bytes, (size_t)r));
		answer_all(fd, &in, &out);
	}
	return 0;
}
