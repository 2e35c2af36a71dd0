/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define READ_CHUNK 4096
#define PAUSE_US 200000 /* no accept(2) for so long after it failed */
#define KEPT_PART 8 /* this part of all connections is for the favoured */
#define KEEP_MAX 65536 /* memory an idle client may keep */
#define OUT_MAX (2 * (MSG_HEADER + MSG_BODY_MAX))

struct conn {
	struct conn *prev, *next;
	struct server *server;
	sd_event_source *io;
	struct buf in, out;
	struct peer peer;
	void *user;
	int fd;
	bool busy; /* a request is in work */
	bool ready; /* `in` may hold a whole frame */
	bool closing; /* no more callbacks but `closed` */
	bool opened;
};

struct server {
	sd_event *ev;
	sd_event_source *io;
	sd_event_source
	    *pause; /* made early: later it would need a descriptor */
	struct conn *conns;
	const struct server_ops *ops;
	void *ctx;
	unsigned int max_uid, max_all;
	uid_t favoured; /* besides root and our own; (uid_t)-1: nobody */
	int fd;
	int spare; /* given up to refuse a client when descriptors run out */
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
	c->closing = true;
	c->io = sd_event_source_disable_unref(c->io);
	if (c->opened && s->ops->closed != NULL)
		s->ops->closed(c, c->user);
	fd_close(&c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

/*
 * What to wait for follows from the state alone. Input unless a request is in
 * work or answers wait: a client that does not read is not read from either.
 * Output while there is some; and, since a socket is nearly always writable,
 * to be woken at once for the next frame we hold already, or to close.
 */
static void
update(struct conn *c)
{
	uint32_t want = 0;

	if (c->io == NULL)
		return;
	if (!c->busy && !c->ready && c->out.n == 0)
		want |= EPOLLIN;
	if (c->out.n > 0 || c->closing || (c->ready && !c->busy))
		want |= EPOLLOUT;
	(void)sd_event_source_set_io_events(c->io, want);
}

void
conn_close(struct conn *c)
{
	c->closing = true;
	/* wakes the loop, also when the client does not read */
	(void)shutdown(c->fd, SHUT_RDWR);
	update(c);
}

static err_t
flush(struct conn *c)
{
	ssize_t r;

	while (c->out.n > 0) {
		r = send(
		    c->fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
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

/* At most one request a turn, so that a flood leaves the others their turns. */
static err_t
dispatch(struct conn *c)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	size_t used, need;
	err_t e;

	if (c->busy || c->closing || !c->ready)
		return ERR_OK;
	e = msg_parse(buf_span(&c->in), &m, &used, &need);
	if (e == ERR_SHORT) {
		c->ready = false;
		return ERR_OK;
	}
	if (e != ERR_OK)
		return e;
	buf_drop(&c->in, used);
	c->ready = c->in.n > 0;
	c->busy = true;
	return c->server->ops->request(c, c->user, &m);
}

/* One large frame must not cost its memory for the connection's life. */
static void
shrink(struct buf *b)
{
	if (b->n == 0 && b->cap > KEEP_MAX)
		buf_done(b);
}

err_t
conn_reply(struct conn *c, const struct msg *m)
{
	err_t e;

	if (!c->busy)
		return ERR_SEQUENCE;
	c->busy = false;
	if ((e = enqueue(c, m)))
		return e;
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
	c->ready = true;
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
	if (e != ERR_OK || c->closing) {
		conn_free(c);
		return 0;
	}
	shrink(&c->in);
	shrink(&c->out);
	update(c);
	return 0;
}

/* Who is never shut out by ordinary users, however many there are of them. */
static bool
is_favoured(const struct server *s, uid_t uid)
{
	return uid == 0 || uid == geteuid() ||
	    (s->favoured != (uid_t)-1 && uid == s->favoured);
}

void
server_favour(struct server *s, uid_t uid)
{
	s->favoured = uid;
}

static bool
within_quota(struct server *s, uid_t uid)
{
	unsigned int all = 0, of_uid = 0;
	unsigned int kept = s->max_all / KEPT_PART;

	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		all++;
		if (c->peer.uid == uid)
			of_uid++;
	}
	if (all >= s->max_all)
		return false;
	return is_favoured(s, uid) ||
	    (of_uid < s->max_uid && all < s->max_all - kept);
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
	buf_init(
	    &c->in, MSG_HEADER + MSG_BODY_MAX + MSG_SECRET_MAX + READ_CHUNK);
	buf_init(&c->out, OUT_MAX);
	if (sd_event_add_io(s->ev, &c->io, fd, EPOLLIN, on_io, c) < 0) {
		fd_close(&c->fd);
		free(c);
		return ERR_NOMEM;
	}
	if ((c->next = s->conns) != NULL)
		c->next->prev = c;
	s->conns = c;
	e = s->ops->opened != NULL ? s->ops->opened(c, s->ctx, &c->user)
				   : ERR_OK;
	if (e != ERR_OK) {
		conn_free(c);
		return e;
	}
	c->opened = true;
	return ERR_OK;
}

static int
on_pause_over(sd_event_source *src UNUSED, uint64_t now UNUSED, void *data)
{
	struct server *s = data;

	(void)sd_event_source_set_enabled(s->io, SD_EVENT_ON);
	return 0;
}

/* The client still waits, so the loop would spin: look away for a while. */
static void
pause_accept(struct server *s)
{
	if (sd_event_source_set_time_relative(s->pause, PAUSE_US) >= 0 &&
	    sd_event_source_set_enabled(s->pause, SD_EVENT_ONESHOT) >= 0)
		(void)sd_event_source_set_enabled(s->io, SD_EVENT_OFF);
}

/*
 * No descriptor is left. Take the client with the spare one and close it: an
 * end that it can see, instead of a wait for ever.
 */
static void
refuse(struct server *s)
{
	int client;

	if (s->spare < 0) {
		pause_accept(s);
		return;
	}
	fd_close(&s->spare);
	client = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	fd_close(&client);
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct server *s = data;
	int client;

	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client >= 0) {
		/* over quota or out of memory: the client is closed */
		(void)add_conn(s, client);
		return 0;
	}
	if (errno == EMFILE || errno == ENFILE)
		refuse(s);
	else if (errno == ENOMEM || errno == ENOBUFS)
		pause_accept(s);
	return 0;
}

void
server_free(struct server **sp)
{
	struct server *s;

	if (sp == NULL || (s = *sp) == NULL)
		return;
	while (s->conns != NULL)
		conn_free(s->conns);
	sd_event_source_disable_unref(s->pause);
	sd_event_source_disable_unref(s->io);
	sd_event_unref(s->ev);
	fd_close(&s->spare);
	fd_close(&s->fd);
	free(s);
	*sp = NULL;
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
		.spare = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.max_uid = max_uid,
		.max_all = max_all,
		.favoured = (uid_t)-1,
		.ops = ops,
		.ctx = ctx };
	if (sd_event_add_time_relative(ev, &s->pause, CLOCK_MONOTONIC, PAUSE_US,
		0, on_pause_over, s) < 0 ||
	    sd_event_source_set_enabled(s->pause, SD_EVENT_OFF) < 0 ||
	    sd_event_add_io(ev, &s->io, listen_fd, EPOLLIN, on_accept, s) < 0) {
		s->fd = -1; /* stays the caller's */
		server_free(&s);
		return ERR_NOMEM;
	}
	*out = s;
	return ERR_OK;
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
server_each(struct server *s, void (*fn)(struct conn *c, void *user, void *ctx),
    void *ctx)
{
	struct conn *next;

	for (struct conn *c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (c->opened && !c->closing)
			fn(c, c->user, ctx);
	}
}
