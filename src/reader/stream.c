/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "reader/streamset.h"

static uint8_t scratch[64 * 1024]; /* one thread; wiped after each use */

/* What to wait for follows from the state alone. */
static uint32_t
wanted(const struct stream *s)
{
	uint32_t events = 0;

	if (!s->paused && !s->closing && s->in_fd < 0)
		events |= EPOLLIN;
	if (s->out.n > 0 || s->closing || s->again)
		events |= EPOLLOUT;
	return events;
}

/*
 * A peer that waits for its answer says nothing meanwhile, as a rule: the
 * kernel is told that we do not listen only when one does, by stream_ready().
 */
static void
update(struct stream *s)
{
	uint32_t events = wanted(s);

	if (s->paused && !s->closing)
		events |= s->events & EPOLLIN;
	streamset_change(s, events);
}

static ssize_t
give(const struct stream *s)
{
	return s->out_fd >= 0
	    ? write(s->out_fd, s->out.p, s->out.n)
	    : send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static err_t
flush(struct stream *s)
{
	ssize_t r;

	while (s->out.n > 0 && s->fd >= 0) {
		r = give(s);
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
	r = s->in_fd >= 0 ? read(s->in_fd, scratch, room)
			  : recv(s->fd, scratch, room, MSG_DONTWAIT);
	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return ERR_BUSY;
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
	if (((ev & EPOLLIN) != 0 || over) && (e = receive(s))) {
		/* a peer that closes the socket and keeps the pipe has gone */
		if (e != ERR_BUSY || over)
			return e == ERR_BUSY ? ERR_REMOVED : e;
	}
	s->again = false;
	if (s->in.n > 0 && (e = s->ops->input(s, s->ctx)))
		return e;
	if (s->in.n == 0)
		buf_done(&s->in);
	return ERR_OK;
}

void
stream_ready(struct stream *s, uint32_t events)
{
	err_t e;

	if (s->paused && (events & EPOLLIN) != 0)
		streamset_change(s, wanted(s));
	e = turn(s, events);
	if (e != ERR_OK || s->closing)
		s->ops->gone(s, s->ctx, e);
	else
		update(s);
}

err_t
stream_init(struct stream *s, sd_event *ev, int fd,
    const struct stream_ops *ops, void *ctx)
{
	err_t e;

	s->fd = fd;
	s->in_fd = s->out_fd = -1;
	s->events = 0;
	s->ops = ops;
	s->ctx = ctx;
	s->paused = s->closing = s->again = s->is_late = false;
	if (fd < 0)
		return ERR_OK;
	if ((e = fd_nonblock(fd)) == ERR_OK)
		e = streamset_add(s, ev);
	if (e != ERR_OK)
		fd_close(&s->fd);
	return e;
}

err_t
stream_in_pipe(struct stream *s, int pipe)
{
	err_t e;

	s->in_fd = pipe;
	if ((e = fd_nonblock(pipe)) == ERR_OK)
		e = streamset_add_pipe(s);
	if (e != ERR_OK)
		fd_close(&s->in_fd);
	else
		update(s);
	return e;
}

void
stream_out_pipe(struct stream *s, int pipe)
{
	s->out_fd = pipe;
}

void
stream_done(struct stream *s)
{
	streamset_remove(s);
	fd_close(&s->fd);
	fd_close(&s->in_fd);
	fd_close(&s->out_fd);
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
stream_flush_late(struct stream *s)
{
	streamset_flush_late(s);
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
