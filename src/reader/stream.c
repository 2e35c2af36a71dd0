/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fd.h"

#define BATCH 64

static uint8_t scratch[64 * 1024]; /* one thread; wiped after each use */

/* The set that all streams are in, while there are any. */
static struct {
	sd_event_source *src;
	int epfd;
	size_t users;
	struct stream *batch[BATCH]; /* whose events are being dispatched */
} set = { .epfd = -1 };

/* What to wait for follows from the state alone. */
static void
update(struct stream *s)
{
	struct epoll_event e = { .data.ptr = s };

	if (s->fd < 0)
		return;
	if (!s->paused && !s->closing)
		e.events |= EPOLLIN;
	if (s->out.n > 0 || s->closing || s->again)
		e.events |= EPOLLOUT;
	if (e.events == s->events)
		return;
	s->events = e.events;
	(void)epoll_ctl(set.epfd, EPOLL_CTL_MOD, s->fd, &e);
}

static err_t
flush(struct stream *s)
{
	ssize_t r;

	while (s->out.n > 0 && s->fd >= 0) {
		r = send(
		    s->fd, s->out.p, s->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			return ERR_OK;
		if (r < 0)
			return ERR_REMOVED;
		buf_drop(&s->out, (size_t)r);
	}
	if (s->fd >= 0)
		buf_done(&s->out); /* an idle peer costs no memory */
	return ERR_OK;
}

static err_t
receive(struct stream *s)
{
	size_t room = s->in.max - s->in.n;
	ssize_t r;

	if (room == 0)
		return ERR_LIMIT;
	if (room > sizeof(scratch))
		room = sizeof(scratch);
	r = recv(s->fd, scratch, room, MSG_DONTWAIT);
	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return ERR_OK;
	if (r <= 0)
		return ERR_REMOVED;
	buf_put(&s->in, span_from(scratch, (size_t)r));
	explicit_bzero(scratch, (size_t)r);
	return buf_status(&s->in);
}

static err_t
turn(struct stream *s, uint32_t ev)
{
	bool over = (ev & (EPOLLHUP | EPOLLERR)) != 0;
	err_t e;

	if (s->closing)
		return ERR_OK;
	if ((ev & EPOLLOUT) != 0 && (e = flush(s)))
		return e;
	if (s->paused)
		return over ? ERR_REMOVED : ERR_OK;
	if (((ev & EPOLLIN) != 0 || over) && (e = receive(s)))
		return e;
	s->again = false;
	if (s->in.n > 0 && (e = s->ops->input(s, s->ctx)))
		return e;
	if (s->in.n == 0)
		buf_done(&s->in);
	return ERR_OK;
}

static void
dispatch(struct stream *s, uint32_t ev)
{
	err_t e = turn(s, ev);

	if (e != ERR_OK || s->closing)
		s->ops->gone(s, s->ctx, e);
	else
		update(s);
}

static int
on_ready(sd_event_source *src UNUSED, int epfd, uint32_t ev UNUSED,
    void *data UNUSED)
{
	struct epoll_event got[BATCH];
	int n = epoll_wait(epfd, got, BATCH, 0);

	for (int i = 0; i < n; i++)
		set.batch[i] = got[i].data.ptr;
	for (int i = 0; i < n; i++) {
		/* NULL: done by one that came before it */
		if (set.batch[i] != NULL)
			dispatch(set.batch[i], got[i].events);
	}
	memset(set.batch, 0, sizeof(set.batch));
	return 0;
}

static void
leave_set(void)
{
	if (--set.users > 0)
		return;
	set.src = sd_event_source_disable_unref(set.src);
	fd_close(&set.epfd);
}

static err_t
join_set(sd_event *ev)
{
	if (set.users++ > 0)
		return ERR_OK;
	set.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (set.epfd < 0 ||
	    sd_event_add_io(ev, &set.src, set.epfd, EPOLLIN, on_ready, NULL) <
		0) {
		leave_set();
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static err_t
add_to_set(struct stream *s, sd_event *ev)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	err_t r;

	if ((r = join_set(ev)))
		return r;
	if (epoll_ctl(set.epfd, EPOLL_CTL_ADD, s->fd, &e) != 0) {
		leave_set();
		return ERR_NOMEM;
	}
	s->events = EPOLLIN;
	return ERR_OK;
}

err_t
stream_init(struct stream *s, sd_event *ev, int fd,
    const struct stream_ops *ops, void *ctx)
{
	int flags;
	err_t e;

	s->fd = fd;
	s->events = 0;
	s->ops = ops;
	s->ctx = ctx;
	s->paused = s->closing = s->again = false;
	if (fd < 0)
		return ERR_OK;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		e = ERR_IO;
	else
		e = add_to_set(s, ev);
	if (e != ERR_OK)
		fd_close(&s->fd);
	return e;
}

void
stream_done(struct stream *s)
{
	for (size_t i = 0; i < BATCH; i++) {
		if (set.batch[i] == s)
			set.batch[i] = NULL;
	}
	if (s->fd >= 0) {
		(void)epoll_ctl(set.epfd, EPOLL_CTL_DEL, s->fd, NULL);
		fd_close(&s->fd);
		leave_set();
	}
	s->events = 0;
	buf_done(&s->in);
	buf_done(&s->out);
}

void
stream_flush(struct stream *s)
{
	if (s->closing)
		return;
	if (buf_status(&s->out) != ERR_OK || flush(s) != ERR_OK)
		s->closing = true;
	update(s);
}

void
stream_put(struct stream *s, struct span bytes)
{
	if (s->closing)
		return;
	buf_put(&s->out, bytes);
	stream_flush(s);
}

void
stream_close(struct stream *s)
{
	s->closing = true;
	update(s);
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
	update(s);
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	if (s->in.n > 0)
		s->again = true;
	update(s);
}

void
stream_again(struct stream *s)
{
	s->again = true;
	update(s);
}
