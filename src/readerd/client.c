/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "pcsc/rv.h"
#include "readerd/handle.h"
#include "readerd/request.h"
#include "readerd/service.h"

#define FRAME_MAX \
	(sizeof(struct wire_header) + sizeof(union wire_body) + WIRE_DATA_MAX)
#define OUT_MAX (256 * 1024) /* of who asks and never reads */
#define FRAMES_A_TURN 16 /* then others are served */

static void
unlink_client(struct client *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->svc->clients = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->svc->clients_n--;
}

void
client_free(struct client *c)
{
	struct job *j = c->job;

	unlink_client(c);
	if (j != NULL && flight_has(&j->slot->flight, j))
		j->client = NULL; /* the driver still works for it */
	else if (j != NULL)
		job_end(j);
	c->job = NULL;
	while (c->handles != NULL)
		handle_free(c->handles, false);
	stream_done(&c->io);
	explicit_bzero(&c->body, sizeof(c->body));
	free(c);
}

static err_t
on_input(struct stream *s UNUSED, void *ctx)
{
	return client_input(ctx);
}

static void
on_gone(struct stream *s UNUSED, void *ctx, err_t why)
{
	struct client *c = ctx;

	if (why != ERR_OK && why != ERR_REMOVED)
		log_debug("client of uid %lu closed: %s",
		    (unsigned long)c->peer.uid, err_text(why));
	client_free(c);
}

err_t
client_new(struct service *svc, int fd, enum dialect dialect,
    const struct peer *peer, struct client **out)
{
	static const struct stream_ops ops = { on_input, on_gone };
	struct client *c = calloc(1, sizeof(*c));
	err_t e;

	if (c == NULL) {
		fd_close(&fd);
		return ERR_NOMEM;
	}
	c->svc = svc;
	c->peer = *peer;
	c->dialect = dialect;
	c->minor = WIRE_MINOR_ARRAY;
	buf_init(&c->io.in, 2 * FRAME_MAX);
	buf_init(&c->io.out, OUT_MAX);
	if ((e = stream_init(&c->io, svc->ev, fd, &ops, c))) {
		free(c);
		return e;
	}
	if ((c->next = svc->clients) != NULL)
		c->next->prev = c;
	svc->clients = c;
	svc->clients_n++;
	*out = c;
	return ERR_OK;
}

/* ---- in */

static err_t
peek(const struct client *c, struct wire_header *h)
{
	if (c->io.in.n < sizeof(*h))
		return ERR_SHORT;
	memcpy(h, c->io.in.p, sizeof(*h));
	return ERR_OK;
}

/* The bytes that follow the body, from the body's own fields. */
static err_t
data_length(const struct client *c, const struct request *r, size_t *n)
{
	*n = 0;
	if ((r->needs & HAS_DATA) == 0)
		return ERR_OK;
	*n = r->command == WIRE_TRANSMIT ? c->body.transmit.send_length
					 : c->body.control.send_length;
	return *n > WIRE_DATA_MAX ? ERR_LIMIT : ERR_OK;
}

/* A whole request to c->body; its data become the front of io.in. */
static err_t
take_frame(struct client *c, const struct request *r, struct wire_header h)
{
	size_t whole = sizeof(h) + r->body, data;
	err_t e;

	if (r->body != 0 && h.size != r->body)
		return ERR_FORMAT;
	if (c->io.in.n < whole)
		return ERR_SHORT;
	memcpy(&c->body, c->io.in.p + sizeof(h), r->body);
	if ((e = data_length(c, r, &data)))
		return e;
	if (c->io.in.n < whole + data)
		return ERR_SHORT;
	buf_drop(&c->io.in, whole);
	c->command = r->command;
	c->body_n = r->body;
	c->data_n = data;
	return ERR_OK;
}

/* There is no room for it, but SCardCancel makes a connection of its own. */
static bool
without_room(const struct request *r)
{
	return r->handle == on_version || r->handle == on_establish ||
	    r->handle == on_cancel;
}

static err_t
check(struct client *c, const struct request *r, struct handle **h)
{
	if ((r->needs & NEEDS_WORKER) != 0 && c->dialect != DIALECT_WORKER)
		return ERR_FORMAT;
	if (c->refused && !without_room(r))
		return ERR_DENIED;
	if ((r->needs & NEEDS_ACCESS) != 0 && !client_allowed(c))
		return ERR_DENIED;
	*h = NULL;
	if ((r->needs & NEEDS_HANDLE) != 0 &&
	    (*h = handle_find(c, c->body.card)) == NULL)
		return ERR_ABSENT;
	return ERR_OK;
}

/*
 * Whoever was let in may have left the seat since: it is asked again when a card
 * comes within reach, and each time for a connection that outlives cards.
 */
static bool
still_allowed(struct client *c, const struct request *r, const struct handle *h)
{
	bool direct = h != NULL && h->share == SCARD_SHARE_DIRECT;

	if (r->command != WIRE_CONNECT && r->command != WIRE_RECONNECT &&
	    !(direct && r->command != WIRE_DISCONNECT))
		return true;
	c->access = ACCESS_UNKNOWN;
	if (client_allowed(c))
		return true;
	c->access = ACCESS_UNKNOWN; /* it may come back */
	return false;
}

static err_t
refuse(struct client *c)
{
	if (c->command == WIRE_TRANSMIT)
		c->body.transmit.recv_length = 0;
	if (c->command == WIRE_CONTROL)
		c->body.control.returned = 0;
	client_reply_rv(c, SCARD_W_SECURITY_VIOLATION);
	return ERR_OK;
}

static err_t
serve(struct client *c, const struct request *r, struct handle *h)
{
	err_t e;

	if (!still_allowed(c, r, h))
		return refuse(c);
	if ((e = r->handle(c, h)))
		return e == ERR_SHORT ? ERR_FORMAT : e;
	if (c->busy && c->command != WIRE_HOLD)
		stream_pause(&c->io);
	return ERR_OK;
}

void
client_settled(struct client *c)
{
	const struct request *r = c->parked;

	c->parked = NULL;
	if (r != NULL && serve(c, r, NULL) != ERR_OK)
		stream_close(&c->io);
}

static err_t
one_request(struct client *c)
{
	const struct request *r;
	struct wire_header head;
	struct handle *h;
	err_t e;

	if ((e = peek(c, &head)))
		return e;
	if ((r = request_find(head.command)) == NULL)
		return ERR_FORMAT;
	if ((e = take_frame(c, r, head)) || (e = check(c, r, &h)))
		return e;
	c->busy = true;
	if (c->svc->settling && (r->needs & NEEDS_READERS) != 0) {
		c->parked = r;
		stream_pause(&c->io);
		return ERR_OK;
	}
	return serve(c, r, h);
}

/* Behind a HOLD that waits, UNHOLD alone may come. */
static err_t
behind_hold(struct client *c)
{
	struct wire_disposition unhold;
	struct wire_header head;
	err_t e;

	if ((e = peek(c, &head)))
		return e;
	if (c->command != WIRE_HOLD || c->job == NULL ||
	    head.command != WIRE_UNHOLD || head.size != sizeof(unhold))
		return ERR_SEQUENCE;
	if (c->io.in.n < sizeof(head) + sizeof(unhold))
		return ERR_SHORT;
	memcpy(&unhold, c->io.in.p + sizeof(head), sizeof(unhold));
	/* on ERR_OK HOLD has been answered, and UNHOLD is the next request */
	return hold_cancel(c, &unhold);
}

err_t
client_input(struct client *c)
{
	err_t e = ERR_OK;

	for (int i = 0; i < FRAMES_A_TURN; i++) {
		if (c->io.in.n == 0 || c->io.closing)
			return ERR_OK;
		e = c->busy ? behind_hold(c) : one_request(c);
		if (e == ERR_SHORT || (e == ERR_BUSY && c->busy))
			return ERR_OK;
		if (e != ERR_OK)
			return e;
		if (c->busy && c->command != WIRE_HOLD)
			return ERR_OK;
	}
	stream_again(&c->io);
	return ERR_OK;
}

struct span
client_data(const struct client *c)
{
	return span_first(buf_span(&c->io.in), c->data_n);
}

/* ---- out */

static void
put_header(struct client *c, uint32_t command, size_t size)
{
	struct wire_header h = { (uint32_t)size, command };

	if (c->dialect == DIALECT_WORKER)
		buf_put(&c->io.out, span_from(&h, sizeof(h)));
}

static void
request_over(struct client *c)
{
	buf_drop(&c->io.in, c->data_n); /* wiped: it may have been a PIN */
	c->data_n = 0;
	c->busy = false;
	stream_resume(&c->io);
}

void
client_send(struct client *c, uint32_t command, struct span body)
{
	put_header(c, command, body.n);
	stream_put(&c->io, body);
}

void
client_reply(struct client *c, struct span data)
{
	put_header(c, c->command, c->body_n + data.n);
	buf_put(&c->io.out, span_from(&c->body, c->body_n));
	stream_put(&c->io, data);
	request_over(c);
}

void
client_reply_rv(struct client *c, uint32_t rv)
{
	/* every body ends with its rv */
	memcpy((uint8_t *)&c->body + c->body_n - sizeof(rv), &rv, sizeof(rv));
	client_reply(c, SPAN_NONE);
}

void
client_reply_raw(struct client *c, struct span body)
{
	if (body.n > 0)
		client_send(c, c->command, body);
	request_over(c);
}
