/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling thread's own way to scs-readerd: a command reaches the driver
 * without a detour over the loop's thread, and with one system call.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "reader/ifd/inner.h"

#define CHUNK 16384u

void
talk_patience(struct thread *t, unsigned int ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	if (setsockopt(t->setup.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) !=
	    0)
		give_up(t, "no time limit for requests");
}

bool
talk_wait(struct thread *t)
{
	uint8_t chunk[CHUNK];
	ssize_t r = recv(t->setup.fd, chunk, sizeof(chunk), 0);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (r <= 0)
		return false;
	buf_put(&t->in, span_from(chunk, (size_t)r));
	explicit_bzero(chunk, (size_t)r); /* it may be a PIN */
	if (buf_status(&t->in) != ERR_OK)
		give_up(t, "no memory for a request");
	return true;
}

bool
talk_request(struct thread *t, const struct buf *in, struct worker_frame *f,
    size_t *used)
{
	err_t e = worker_parse(buf_span(in), f, used);

	if (e == ERR_SHORT)
		return false;
	if (e != ERR_OK || f->type < WORKER_POWER || f->type > WORKER_SET_ATTR)
		give_up(t, "a request is malformed");
	return true;
}

void
talk_say(struct thread *t, const struct worker_frame *f)
{
	ssize_t r;

	(void)pthread_mutex_lock(&t->saying);
	if (worker_build(f, &t->out) != ERR_OK)
		give_up(t, "no memory for what it says");
	while (t->out.n > 0) {
		r = write(t->setup.say, t->out.p, t->out.n);
		if (r > 0)
			buf_drop(&t->out, (size_t)r);
		else if (errno != EINTR)
			break; /* it has gone, which talk_wait() says */
	}
	buf_reset(&t->out);
	(void)pthread_mutex_unlock(&t->saying);
}

void
talk_end(struct thread *t)
{
	(void)shutdown(t->setup.fd, SHUT_RD);
}
