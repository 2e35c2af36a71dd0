/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define READ_CHUNK 4096
#define OUT_MAX (2 * (MSG_HEADER + MSG_BODY_MAX))

struct conn {
	struct conn *prev, *next;
	struct server *server;
	sd_event_source *io;
	struct buf in, out;
	struct peer peer;
	void *user;
	int fd;
	bool busy;    /* a request is in work */
	bool closing; /* no more callbacks but `closed` */
	bool opened;
};

struct server {
	sd_event *ev;
	sd_event_source *io;
	struct conn *conns;
	const struct server_ops *ops;
	void *ctx;
	unsigned int max_uid, max_all;
	int fd;
};

static void
conn_free(struct conn *c)
{
	struct server *s = c->server;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	(void)sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
	sd_event_source_unref(c->io);
	if (c->opened && s->ops->closed != NULL)
		s->ops->closed(c, c->user);
	fd_close(&c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

/*
 * What to wait for follows from the state alone: input unless a request is in
 * work, output while there is some. A closing client is woken at once.
 */
static void
update(struct conn *c)
{
	uint32_t want = 0;

	if (!c->busy)
		want |= EPOLLIN;
	if (c->out.n > 0 || c->closing)
		want |= EPOLLOUT;
	(void)sd_event_source_set_io_events(c->io, want);
}

void
conn_close(struct conn *c)
{
	c->closing = true;
	update(c);
}

static err_t
flush(struct conn *c)
{
	ssize_t r;

	while (c->out.n > 0) {
		r = send(c->fd, c->out.p, c->out.n,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			return ERR_OK;
		if (r < 0)
			return ERR_REMOVED;
		buf_drop(&c->out, (size_t)r);
	}
	return ERR_OK;
}

static err_t
enqueue(struct conn *c, const struct msg *m)
{
	err_t e;

	if (c->closing)
		return ERR_REMOVED;
	if ((e = msg_build(m, &c->out)) || (e = flush(c))) {
		conn_close(c);
		return e;
	}
	update(c);
	return ERR_OK;
}

/* Whole frames that are there, one request at a time. */
static err_t
dispatch(struct conn *c)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	size_t used, need;
	err_t e;

	while (!c->busy && !c->closing && c->in.n > 0) {
		e = msg_parse(buf_span(&c->in), &m, &used, &need);
		if (e == ERR_SHORT)
			return ERR_OK;
		if (e != ERR_OK)
			return e;
		buf_drop(&c->in, used);
		c->busy = true;
		if ((e = c->server->ops->request(c, c->user, &m)))
			return e;
	}
	return ERR_OK;
}

err_t
conn_reply(struct conn *c, const struct msg *m)
{
	err_t e;

	c->busy = false;
	if ((e = enqueue(c, m)))
		return e;
	/* a request that arrived meanwhile has no new wake-up of its own */
	if (c->in.n > 0)
		(void)sd_event_source_set_io_events(
		    c->io, EPOLLIN | EPOLLOUT);
	return ERR_OK;
}

err_t
conn_event(struct conn *c, const struct msg *m)
{
	return enqueue(c, m);
}

static err_t
receive(struct conn *c)
{
	uint8_t chunk[READ_CHUNK];
	ssize_t r;
	err_t e;

	r = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return ERR_OK;
	if (r <= 0)
		return ERR_REMOVED;
	buf_put(&c->in, span_from(chunk, (size_t)r));
	explicit_bzero(chunk, (size_t)r);
	if ((e = buf_status(&c->in)))
		return e;
	return ERR_OK;
}

static int
on_io(sd_event_source *src UNUSED, int fd UNUSED, uint32_t ev, void *data)
{
	struct conn *c = data;
	err_t e = ERR_OK;

	if (!c->closing && (ev & EPOLLIN) != 0)
		e = receive(c);
	if (!c->closing && e == ERR_OK && (ev & EPOLLOUT) != 0)
		e = flush(c);
	if (!c->closing && e == ERR_OK && (ev & (EPOLLHUP | EPOLLERR)) != 0 &&
	    (ev & EPOLLIN) == 0)
		e = ERR_REMOVED;
	if (!c->closing && e == ERR_OK)
		e = dispatch(c);
	if (e != ERR_OK || c->closing)
		conn_free(c);
	else
		update(c);
	return 0;
}

static bool
within_quota(struct server *s, uid_t uid)
{
	unsigned int all = 0, of_uid = 0;

	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		all++;
		if (c->peer.uid == uid)
			of_uid++;
	}
	if (all >= s->max_all)
		return false;
	return uid == 0 || uid == geteuid() || of_uid < s->max_uid;
}

static err_t
add_conn(struct server *s, int fd)
{
	CLOSE_FD int owned = fd;
	struct peer peer;
	struct conn *c;
	err_t e;

	if ((e = peer_get(fd, &peer)))
		return e;
	if (!within_quota(s, peer.uid))
		return ERR_LIMIT;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ERR_NOMEM;
	c->server = s;
	c->fd = fd_take(&owned);
	c->peer = peer;
	buf_init(&c->in, MSG_HEADER + MSG_BODY_MAX + MSG_SECRET_MAX +
		READ_CHUNK);
	buf_init(&c->out, OUT_MAX);
	if (sd_event_add_io(s->ev, &c->io, fd, EPOLLIN, on_io, c) < 0) {
		fd_close(&c->fd);
		free(c);
		return ERR_NOMEM;
	}
	if ((c->next = s->conns) != NULL)
		c->next->prev = c;
	s->conns = c;
	e = s->ops->opened != NULL ? s->ops->opened(c, s->ctx, &c->user) :
				     ERR_OK;
	if (e != ERR_OK) {
		conn_free(c);
		return e;
	}
	c->opened = true;
	return ERR_OK;
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct server *s = data;
	int client;

	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return 0;
	/* over quota or out of memory: the client sees its connection closed */
	(void)add_conn(s, client);
	return 0;
}

err_t
server_new(sd_event *ev, int listen_fd, unsigned int max_uid,
    unsigned int max_all, const struct server_ops *ops, void *ctx,
    struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_NOMEM;
	*s = (struct server){ .ev = sd_event_ref(ev),
		.fd = listen_fd,
		.max_uid = max_uid,
		.max_all = max_all,
		.ops = ops,
		.ctx = ctx };
	if (sd_event_add_io(ev, &s->io, listen_fd, EPOLLIN, on_accept, s) < 0) {
		sd_event_unref(s->ev);
		free(s);
		return ERR_NOMEM;
	}
	*out = s;
	return ERR_OK;
}

void
server_free(struct server **sp)
{
	struct server *s;

	if (sp == NULL || (s = *sp) == NULL)
		return;
	while (s->conns != NULL)
		conn_free(s->conns);
	sd_event_source_disable_unref(s->io);
	sd_event_unref(s->ev);
	fd_close(&s->fd);
	free(s);
	*sp = NULL;
}

const struct peer *
conn_peer(const struct conn *c)
{
	return &c->peer;
}

int
conn_fd(const struct conn *c)
{
	return c->fd;
}

void
server_each(struct server *s,
    void (*fn)(struct conn *c, void *user, void *ctx), void *ctx)
{
	struct conn *next;

	for (struct conn *c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (c->opened && !c->closing)
			fn(c, c->user, ctx);
	}
}
