/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames out, frames in. pcsc/card.c has the calls that name a card.
 */
#include "pcsc/client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pcsc/link.h"
#include "pcsc/rv.h"

/* A frame that has begun to arrive from a live service arrives soon. */
#define REST_OF_FRAME_MS 2000

err_t
link_dead(struct pcsc *c, err_t e)
{
	fd_close(&c->fd);
	c->watching = false;
	return e == ERR_TIMEOUT || e == ERR_NOMEM ? e : ERR_SERVICE;
}

err_t
link_send(struct pcsc *c, struct wire_header h, const void *body,
    struct span data, uint64_t deadline)
{
	CLEANUP(buf_done)
	struct buf out =
	    BUF_INIT(sizeof(h) + sizeof(struct wire_attrib) + WIRE_DATA_MAX);
	err_t e;

	if (c->fd < 0)
		return ERR_SERVICE;
	buf_put(&out, span_from(&h, sizeof(h)));
	buf_put(&out, span_from(body, h.size));
	buf_put(&out, data);
	if ((e = buf_status(&out)))
		return e;
	if ((e = fd_write_all(c->fd, buf_span(&out), deadline)))
		return link_dead(c, e);
	return ERR_OK;
}

/* It comes once in each hold: a service that says it again and again would keep
 * us busy for ever. */
static err_t
on_wanted(struct pcsc *c, const struct wire_header *h)
{
	if (h->size != 0 || c->wanted)
		return ERR_FORMAT;
	c->wanted = true;
	return ERR_OK;
}

/*
 * The next header of the worker dialect that is not WANTED. The service sends
 * a frame in one piece, so whoever saw its first byte may wait for the rest.
 */
static err_t
next_header(struct pcsc *c, struct wire_header *h, uint64_t deadline)
{
	err_t e;

	if ((e = fd_read_n(c->fd, h, sizeof(*h), deadline)) ||
	    h->command != WIRE_WANTED)
		return e;
	if ((e = on_wanted(c, h)) ||
	    (e = fd_read_n(c->fd, h, sizeof(*h), deadline)))
		return e;
	return h->command == WIRE_WANTED ? ERR_FORMAT : ERR_OK;
}

err_t
link_recv(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline)
{
	struct wire_header h;
	err_t e;

	if (c->fd < 0)
		return ERR_SERVICE;
	if (c->waiting != NULL && !link_readable(c, deadline))
		return link_dead(c, ERR_TIMEOUT);
	c->rest = 0;
	if (c->dialect == PCSC_WORKER) {
		if ((e = next_header(c, &h, deadline)))
			return link_dead(c, e);
		if (h.command != command || h.size < n)
			return link_dead(c, ERR_FORMAT);
		c->rest = h.size - n;
	}
	if ((e = fd_read_n(c->fd, body, n, deadline)))
		return link_dead(c, e);
	return ERR_OK;
}

/* Every body ends with its rv. */
static uint32_t
body_rv(const void *body, size_t n)
{
	uint32_t rv;

	memcpy(&rv, (const uint8_t *)body + n - sizeof(rv), sizeof(rv));
	return rv;
}

err_t
link_answer(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline)
{
	err_t e;

	if ((e = link_recv(c, command, body, n, deadline)))
		return e;
	c->rv = body_rv(body, n);
	return rv_to_err(c->rv);
}

err_t
link_call(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline)
{
	struct wire_header h = { (uint32_t)n, command };
	err_t e;

	if ((e = link_send(c, h, body, SPAN_NONE, deadline)))
		return e;
	e = link_answer(c, command, body, n, deadline);
	if (c->rest != 0)
		return link_dead(c, ERR_FORMAT);
	return e;
}

/* 4:6 if the service knows it, else 4:4, which Debian 12's pcscd speaks. */
static err_t
negotiate(struct pcsc *c, uint64_t deadline)
{
	struct wire_version v = { WIRE_MAJOR, WIRE_MINOR_ARRAY, 0 };
	err_t e;

	c->minor = WIRE_MINOR_ARRAY;
	e = link_call(c, WIRE_VERSION, &v, sizeof(v), deadline);
	if (e != ERR_SERVICE || c->fd < 0)
		return e;
	v = (struct wire_version){ WIRE_MAJOR, WIRE_MINOR_OLDEST, 0 };
	c->minor = WIRE_MINOR_OLDEST;
	return link_call(c, WIRE_VERSION, &v, sizeof(v), deadline);
}

static err_t
establish(struct pcsc *c, uint64_t deadline)
{
	struct wire_establish b = { .scope = 2 }; /* system */
	err_t e;

	if ((e = negotiate(c, deadline)))
		return e;
	if ((e = link_call(c, WIRE_ESTABLISH_CONTEXT, &b, sizeof(b), deadline)))
		return e;
	c->context = b.context;
	return ERR_OK;
}

err_t
pcsc_open_fd(
    int fd, enum pcsc_dialect dialect, uint64_t deadline, struct pcsc **out)
{
	CLEANUP(pcsc_close) struct pcsc *c = NULL;
	CLOSE_FD int owned = fd;
	err_t e;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ERR_NOMEM;
	c->fd = fd_take(&owned);
	c->dialect = dialect;
	if ((e = establish(c, deadline)))
		return e;
	*out = TAKE(c);
	return ERR_OK;
}

err_t
pcsc_open(const char *path, enum pcsc_dialect dialect, uint64_t deadline,
    struct pcsc **out)
{
	int fd;
	err_t e;

	if ((e = fd_connect_unix(path, &fd)))
		return e;
	return pcsc_open_fd(fd, dialect, deadline, out);
}

void
pcsc_close(struct pcsc **cp)
{
	if (cp == NULL || *cp == NULL)
		return;
	fd_close(&(*cp)->fd);
	free(*cp);
	*cp = NULL;
}

bool
pcsc_alive(const struct pcsc *c)
{
	return c->fd >= 0;
}

int
pcsc_fd(const struct pcsc *c)
{
	return c->fd;
}

uint32_t
pcsc_rv(const struct pcsc *c)
{
	return c->rv;
}

uint32_t
pcsc_spoken(const struct pcsc *c)
{
	return c->spoken;
}

void
pcsc_on_wait(struct pcsc *c, void (*fn)(void), uint64_t ms)
{
	c->waiting = fn;
	c->pulse_ms = ms;
	c->pulsed = clock_ms();
}

void
pcsc_pulse(struct pcsc *c)
{
	if (c->waiting == NULL || clock_ms() - c->pulsed < c->pulse_ms)
		return;
	c->pulsed = clock_ms();
	c->waiting();
}

bool
link_readable(struct pcsc *c, uint64_t deadline)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	uint64_t slice;
	int r;

	for (;;) {
		slice = c->waiting == NULL ? DEADLINE_NONE
					   : deadline_in(c->pulse_ms);
		if (deadline <= slice)
			return poll(&p, 1, deadline_left(deadline)) != 0;
		if ((r = poll(&p, 1, deadline_left(slice))) != 0)
			return true;
		pcsc_pulse(c);
	}
}

bool
pcsc_wanted(struct pcsc *c)
{
	struct wire_header h = { 0 };

	/* nothing is outstanding, so WANTED alone can come */
	while (c->fd >= 0 && c->dialect == PCSC_WORKER && link_readable(c, 0)) {
		if (fd_read_n(c->fd, &h, sizeof(h),
			deadline_in(REST_OF_FRAME_MS)) != ERR_OK ||
		    h.command != WIRE_WANTED || on_wanted(c, &h) != ERR_OK)
			(void)link_dead(c, ERR_FORMAT);
	}
	return c->fd < 0 || c->wanted;
}
