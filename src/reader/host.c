/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/host.h"

#include <string.h>

#include "base/log.h"

#define FRAMES_IN 2
#define FRAMES_OUT (WORKER_SLOTS + 2) /* an answer for each slot */

static void
put(struct host *h, const struct worker_frame *f)
{
	if (worker_build(f, &h->channel.out) != ERR_OK)
		stream_close(&h->channel);
	else
		stream_flush(&h->channel);
}

static err_t
on_input(struct stream *s, void *ctx)
{
	struct host *h = ctx;
	struct worker_frame f;
	size_t used;
	err_t e;

	while ((e = worker_parse(buf_span(&s->in), &f, &used)) == ERR_OK) {
		if (f.type < WORKER_POWER || f.type > WORKER_SET_ATTR)
			return ERR_FORMAT;
		h->driver->request(h->self, &f);
		buf_drop(&s->in, used);
	}
	return e == ERR_SHORT ? ERR_OK : e;
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
host_init(struct host *h, sd_event *ev, int fd, const struct driver *driver)
{
	static const struct stream_ops ops = { on_input, on_gone };

	*h = (struct host){ .ev = ev, .driver = driver };
	buf_init(&h->channel.in, FRAMES_IN * (WORKER_HEADER + WORKER_BODY_MAX));
	buf_init(
	    &h->channel.out, FRAMES_OUT * (WORKER_HEADER + WORKER_BODY_MAX));
	return stream_init(&h->channel, ev, fd, &ops, h);
}

void
host_done(struct host *h)
{
	stream_done(&h->channel);
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
}
