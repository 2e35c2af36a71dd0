/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcard/link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "codec/apdu.h"

#define FRAME_MAX 65535
#define SEND_MS 10000 /* a reader that takes no answer is gone */

enum {
	SLOT_OFF = 0,
	SLOT_ON = 1,
	SLOT_RESET = 2,
	SLOT_ATR = 4
};

void
link_init(struct link *l)
{
	l->fd = -1;
	buf_init(&l->in, 2 + FRAME_MAX + 4096);
}

void
link_done(struct link *l)
{
	fd_close(&l->fd);
	buf_done(&l->in);
}

/* A short answer must not wait for the one before to be acknowledged. */
static void
no_delay(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static err_t
connect_tcp(const char *host, const char *port, int *out)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *all;
	int fd = -1;

	if (getaddrinfo(host, port, &want, &all) != 0)
		return ERR_SERVICE;
	for (struct addrinfo *a = all; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC,
		    a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0)
			fd_close(&fd);
	}
	freeaddrinfo(all);
	if (fd < 0)
		return ERR_SERVICE;
	no_delay(fd);
	*out = fd;
	return ERR_OK;
}

static err_t
connect_where(const char *where, int *out)
{
	char host[256];
	const char *port;
	size_t n;

	if (strncmp(where, "unix:", 5) == 0)
		return fd_connect_unix(where + 5, out);
	if (strncmp(where, "tcp:", 4) != 0)
		return ERR_FORMAT;
	where += 4;
	if ((port = strrchr(where, ':')) == NULL)
		return ERR_FORMAT;
	n = (size_t)(port - where);
	if (n == 0 || n >= sizeof(host))
		return ERR_FORMAT;
	memcpy(host, where, n);
	host[n] = '\0';
	return connect_tcp(host, port + 1, out);
}

err_t
link_connect(struct link *l, const char *where, struct why *why)
{
	int fd = -1;
	err_t e;

	if ((e = connect_where(where, &fd)))
		return why_add(why, e, "reader \"%s\"", where);
	fd_close(&l->fd);
	buf_reset(&l->in);
	l->fd = fd;
	return ERR_OK;
}

/* Length and bytes in one write: in two they would wait 40 ms for each other
 * at a peer that delays its acknowledgements. */
static err_t
send_frame(int fd, struct span body)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(2 + FRAME_MAX);

	if (body.n > FRAME_MAX)
		return ERR_LIMIT;
	buf_put_u16(&out, (uint16_t)body.n);
	buf_put(&out, body);
	if (buf_status(&out) != ERR_OK)
		return buf_status(&out);
	return fd_write_all(fd, buf_span(&out), deadline_in(SEND_MS));
}

static err_t
slot_command(struct link *l, struct vcard *c, uint8_t command)
{
	switch (command) {
	case SLOT_OFF:
		vcard_power(c, false);
		return ERR_OK;
	case SLOT_ON:
		vcard_power(c, true);
		return ERR_OK;
	case SLOT_RESET:
		vcard_reset(c);
		return ERR_OK;
	case SLOT_ATR:
		return send_frame(l->fd, vcard_atr(c));
	default:
		return ERR_FORMAT;
	}
}

static err_t
one_frame(struct link *l, struct vcard *c, struct span body)
{
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);
	err_t e;

	if (body.n == 1)
		return slot_command(l, c, body.p[0]);
	if ((e = vcard_transmit(c, body, &resp)))
		return e;
	/* 65536 bytes and a status word do not fit into a frame */
	return send_frame(l->fd, buf_span(&resp));
}

static err_t
receive(struct link *l)
{
	uint8_t chunk[4096];
	ssize_t n;

	do
		n = recv(l->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN))
		return ERR_OK;
	if (n <= 0)
		return ERR_REMOVED;
	buf_put(&l->in, span_from(chunk, (size_t)n));
	explicit_bzero(chunk, sizeof(chunk));
	return buf_status(&l->in);
}

static err_t
serve(struct link *l, struct vcard *c)
{
	struct span rest, body;
	uint16_t n;
	err_t e;

	if ((e = receive(l)))
		return e;
	for (;;) {
		rest = buf_span(&l->in);
		if (span_u16(&rest, &n) != ERR_OK ||
		    span_take(&rest, n, &body) != ERR_OK)
			return ERR_OK; /* not whole yet */
		if ((e = one_frame(l, c, body)))
			return e;
		buf_drop(&l->in, 2 + (size_t)n);
	}
}

err_t
link_serve(struct link *l, struct vcard *c)
{
	if (serve(l, c) == ERR_OK)
		return ERR_OK;
	/* whatever went wrong, for the reader the card is gone */
	fd_close(&l->fd);
	buf_reset(&l->in);
	return ERR_REMOVED;
}
