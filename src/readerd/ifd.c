/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/ifd.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "readerd/service.h"

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS 10000u
#define BACKOFF_LINE_MS \
	60000u /* of one in reader.conf: often nothing is there */
#define BACKOFF_SERVED_MS 400u /* of one that had shown what is in it */
#define CALM_AFTER_MS 10000u /* a process that lived so long was a good one */
#define FRAME_MAX (WORKER_HEADER + WORKER_BODY_MAX)

static err_t
on_card(struct slot *s, const struct worker_frame *f)
{
	if (!s->present || f->value > WORKER_CARD_MUTE)
		return ERR_FORMAT;
	if (f->value == WORKER_CARD_IN &&
	    (f->body.n == 0 || f->body.n > WIRE_ATR_SIZE))
		return ERR_FORMAT;
	slot_card(s, (enum worker_card)f->value, f->body);
	return ERR_OK;
}

static err_t
on_frame(struct ifd *ifd, const struct worker_frame *f)
{
	struct slot *s = service_slot(ifd->svc, ifd, f->slot);

	if (s == NULL)
		return ERR_LIMIT;
	switch (f->type) {
	case WORKER_SLOT:
		slot_appear(s, f->body);
		return ERR_OK;
	case WORKER_NO_SLOT:
		slot_taken(s);
		slot_vanish(s);
		return ERR_OK;
	case WORKER_CARD:
		return on_card(s, f);
	case WORKER_ANSWER:
		return slot_answer(s, f->id, err_from_wire(f->value), f->body);
	default:
		return ERR_FORMAT;
	}
}

err_t
ifd_input(struct ifd *ifd)
{
	struct buf *in = &ifd->channel.in;
	struct worker_frame f;
	size_t used;
	err_t e;

	while ((e = worker_parse(buf_span(in), &f, &used)) == ERR_OK) {
		if ((e = on_frame(ifd, &f)))
			return e;
		buf_drop(in, used);
	}
	return e == ERR_SHORT ? ERR_OK : e;
}

static err_t
on_input(struct stream *s UNUSED, void *ctx)
{
	return ifd_input(ctx);
}

static void
on_gone(struct stream *s UNUSED, void *ctx, err_t why)
{
	struct ifd *ifd = ctx;

	/* ERR_OK: it was gone when we had something for it */
	if (why != ERR_OK && why != ERR_REMOVED)
		log_err("reader driver %u broke the protocol (%s): its "
			"process is given up",
		    ifd->index, err_text(why));
	ifd_lost(ifd);
}

err_t
ifd_attach(struct ifd *ifd, int fd, int hears)
{
	static const struct stream_ops ops = { on_input, on_gone };
	CLOSE_FD int pipe = hears;
	err_t e;

	buf_init(&ifd->channel.in, 2 * FRAME_MAX);
	buf_init(&ifd->channel.out, WORKER_SLOTS * WORKER_AHEAD * FRAME_MAX);
	if ((e = stream_init(&ifd->channel, ifd->svc->ev, fd, &ops, ifd)))
		return e;
	if (pipe >= 0 &&
	    (e = stream_in_pipe(&ifd->channel, fd_take(&pipe))) != ERR_OK) {
		stream_done(&ifd->channel);
		return e;
	}
	ifd->up = true;
	ifd->since = clock_ms();
	return ERR_OK;
}

static int
on_restart(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct ifd *ifd = data;

	ifd->restart = sd_event_source_disable_unref(ifd->restart);
	ifd->spawn(ifd);
	return 0;
}

uint64_t
ifd_pause(const struct ifd *ifd, uint64_t now)
{
	uint64_t most = BACKOFF_MAX_MS, ms = ifd->backoff_ms * 2;

	if (ms == 0 || (ifd->served && now - ifd->since > CALM_AFTER_MS))
		return BACKOFF_FIRST_MS;
	if (ifd->served)
		most = BACKOFF_SERVED_MS;
	else if (ifd->kind == WORKER_IFD)
		most = BACKOFF_LINE_MS;
	return ms > most ? most : ms;
}

static void
restart_later(struct ifd *ifd)
{
	if (ifd->spawn == NULL || ifd->svc->ev == NULL ||
	    ifd->restart != NULL || ifd->idle)
		return;
	ifd->backoff_ms = ifd_pause(ifd, clock_ms());
	log_debug("reader driver %u: starting it again in %lu ms", ifd->index,
	    (unsigned long)ifd->backoff_ms);
	if (sd_event_add_time_relative(ifd->svc->ev, &ifd->restart,
		CLOCK_MONOTONIC, ifd->backoff_ms * 1000, 1000, on_restart,
		ifd) < 0)
		log_err("reader driver %u cannot be started again", ifd->index);
}

void
ifd_lost(struct ifd *ifd)
{
	struct service *svc = ifd->svc;

	if (ifd->up) {
		ifd->up = false;
		stream_done(&ifd->channel);
		ifd->served = false;
		for (size_t i = 0; i < svc->slots_n; i++) {
			struct slot *slot = svc->slots[i];

			if (slot->ifd != ifd)
				continue;
			ifd->served |= slot->present && slot->looked;
			slot_vanish(slot);
		}
	}
	fd_close(&ifd->hears);
	if (ifd->kill != NULL && ifd->cookie != 0)
		ifd->kill(ifd);
	ifd->cookie = 0;
	restart_later(ifd);
}

void
ifd_wake(struct ifd *ifd)
{
	ifd->idle = false;
	ifd->backoff_ms = 0;
	if (ifd->spawn != NULL)
		ifd->spawn(ifd);
}

void
ifd_rest(struct ifd *ifd)
{
	struct service *svc = ifd->svc;

	for (size_t i = 0; i < svc->slots_n; i++) {
		if (svc->slots[i]->ifd == ifd)
			slot_taken(svc->slots[i]);
	}
	ifd->idle = true;
	ifd->restart = sd_event_source_disable_unref(ifd->restart);
	ifd_lost(ifd);
}

void
ifd_send(struct ifd *ifd, const struct worker_frame *f)
{
	if (!ifd->up || worker_build(f, &ifd->channel.out) != ERR_OK)
		stream_close(&ifd->channel);
	else
		stream_flush_late(&ifd->channel);
}

void
ifd_check(struct service *svc)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < svc->slots_n; i++) {
		struct slot *s = svc->slots[i];

		if (s->flight.first == NULL ||
		    now - s->flight.since < svc->driver_ms)
			continue;
		log_err("reader \"%s\": its driver does not answer: given up",
		    s->name);
		ifd_lost(s->ifd);
	}
}
