/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/host.h"

#include <fcntl.h>
#include <string.h>

#include "base/log.h"

#define FRAMES_IN (WORKER_SLOTS * WORKER_AHEAD)
#define FRAMES_OUT (WORKER_SLOTS * WORKER_AHEAD)

static void
put(struct host *h, const struct worker_frame *f)
{
	if (worker_build(f, &h->channel.out) != ERR_OK)
		stream_close(&h->channel);
	else if (!h->inside)
		stream_flush(&h->channel);
}

/* The answers that come meanwhile go out together. */
static err_t
take_requests(struct host *h)
{
	struct buf *in = &h->channel.in;
	struct worker_frame f;
	err_t e = ERR_OK;
	size_t used;

	h->inside = true;
	while (!h->asked && e == ERR_OK) {
		if ((e = worker_parse(buf_span(in), &f, &used)))
			break;
		if (f.type < WORKER_POWER || f.type > WORKER_SET_ATTR) {
			e = ERR_FORMAT;
			break;
		}
		h->asked = true;
		h->driver->request(h->self, &f);
		buf_drop(in, used);
	}
	h->inside = false;
	if (h->channel.out.n > 0)
		stream_flush(&h->channel);
	return e == ERR_SHORT ? ERR_OK : e;
}

static err_t
on_input(struct stream *s UNUSED, void *ctx)
{
	return take_requests(ctx);
}

static void
on_gone(struct stream *s UNUSED, void *ctx, err_t why)
{
	struct host *h = ctx;

	if (why != ERR_OK && why != ERR_REMOVED)
		log_err("channel to the reader service: %s", err_text(why));
	stream_done(&h->channel);
	if (h->ev != NULL)
		(void)sd_event_exit(h->ev, why == ERR_REMOVED ? 0 : 1);
}

err_t
host_init(
    struct host *h, sd_event *ev, int fd, int say, const struct driver *driver)
{
	static const struct stream_ops ops = { on_input, on_gone };
	err_t e;

	*h = (struct host){ .ev = ev, .driver = driver };
	buf_init(&h->channel.in, FRAMES_IN * (WORKER_HEADER + WORKER_BODY_MAX));
	buf_init(
	    &h->channel.out, FRAMES_OUT * (WORKER_HEADER + WORKER_BODY_MAX));
	e = stream_init(&h->channel, ev, fd, &ops, h);
	stream_out_pipe(&h->channel, say);
	return e;
}

void
host_done(struct host *h)
{
	stream_done(&h->channel);
}

err_t
host_lend(struct host *h, int *requests, int *say)
{
	int flags;

	*requests = h->channel.fd;
	*say = h->channel.out_fd;
	stream_pause(&h->channel);
	/* nothing is read or sent here any more, so it may wait there */
	flags = fcntl(*requests, F_GETFL);
	return flags >= 0 && fcntl(*requests, F_SETFL, flags & ~O_NONBLOCK) == 0
	    ? ERR_OK
	    : ERR_IO;
}

void
host_slot(struct host *h, uint16_t slot, const char *name)
{
	put(h,
	    &(struct worker_frame){ .type = WORKER_SLOT,
		.slot = slot,
		.body = span_first(span_str(name), WORKER_NAME_MAX) });
}

void
host_slot_gone(struct host *h, uint16_t slot)
{
	put(h, &(struct worker_frame){ .type = WORKER_NO_SLOT, .slot = slot });
}

void
host_card(
    struct host *h, uint16_t slot, enum worker_card state, struct span atr)
{
	put(h,
	    &(struct worker_frame){ .type = WORKER_CARD,
		.slot = slot,
		.value = state,
		.body = state == WORKER_CARD_IN ? atr : SPAN_NONE });
}

void
host_answer(
    struct host *h, uint16_t slot, uint32_t id, err_t e, struct span body)
{
	put(h,
	    &(struct worker_frame){ .type = WORKER_ANSWER,
		.slot = slot,
		.id = id,
		.value = e,
		.body = e == ERR_OK ? body : SPAN_NONE });
	h->asked = false;
	if (!h->inside && h->channel.in.n > 0 && take_requests(h) != ERR_OK)
		stream_close(&h->channel);
}
