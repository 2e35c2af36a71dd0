/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/virtual/virtual.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "codec/atr.h"
#include "reader/stream.h"
#include "reader/virtual/vpcd.h"
#include "sandbox/sandbox.h"

#define SLOT 0
#define ATR_TIMEOUT_MS 5000u
#define PAUSE_MS 200 /* without a descriptor for the card */
#define NEVER_USEC (3600ull * 1000000) /* armed for each wait */

/* What the card owes us. */
enum owed {
	OWED_NOTHING,
	OWED_FIRST_ATR, /* it has just been put in */
	OWED_ATR, /* after power-up or reset */
	OWED_ANSWER,
};

struct virtual
{
	struct host *host; /* borrowed */
	sd_event *ev; /* borrowed */
	sd_event_source *accept, *timer;
	int listen_fd;
	const char *name;
	uint64_t timeout_ms;
	struct stream card;
	bool in; /* a card is connected */
	bool announced; /* and scs-readerd knows, or hears of it first */
	bool starved; /* no descriptor for the next: accepting pauses */
	enum owed owed;
	uint32_t id; /* of the request in work */
};

static void
set_timer(struct virtual *v, uint64_t ms)
{
	if (v->timer == NULL)
		return;
	(void)sd_event_source_set_time_relative(v->timer, ms * 1000);
	(void)sd_event_source_set_enabled(v->timer, SD_EVENT_ONESHOT);
}

static void
timer_off(struct virtual *v)
{
	if (v->timer != NULL)
		(void)sd_event_source_set_enabled(v->timer, SD_EVENT_OFF);
}

static void
accept_cards(struct virtual *v, bool yes)
{
	if (v->accept != NULL)
		(void)sd_event_source_set_enabled(
		    v->accept, yes ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* The request in work, if there is one, is answered. */
static void
answer(struct virtual *v, err_t e, struct span body)
{
	bool asked = v->owed == OWED_ATR || v->owed == OWED_ANSWER;

	v->owed = OWED_NOTHING;
	timer_off(v);
	if (asked)
		host_answer(v->host, SLOT, v->id, e, body);
}

static void
announce(struct virtual *v, enum worker_card state, struct span atr)
{
	v->owed = OWED_NOTHING;
	timer_off(v);
	v->announced = true;
	host_card(v->host, SLOT, state, atr);
}

static void
eject(struct virtual *v)
{
	answer(v, ERR_REMOVED, SPAN_NONE);
	stream_done(&v->card);
	v->in = false;
	if (v->announced)
		host_card(v->host, SLOT, WORKER_CARD_OUT, SPAN_NONE);
	v->announced = false;
	accept_cards(v, true);
}

static void
on_gone(struct stream *s UNUSED, void *ctx, err_t why)
{
	struct virtual *v = ctx;

	if (why != ERR_OK && why != ERR_REMOVED)
		log_warning("reader \"%s\": the card broke the protocol (%s): "
			    "taken out",
		    v->name, err_text(why));
	eject(v);
}

static bool
atr_ok(struct span atr)
{
	struct atr parsed;

	return atr_interface(atr, &parsed) == ERR_OK;
}

/* One frame from the card. A card that speaks unasked breaks the protocol. */
static err_t
on_frame(struct virtual *v, struct span body)
{
	switch (v->owed) {
	case OWED_NOTHING:
		return ERR_SEQUENCE;
	case OWED_FIRST_ATR:
		if (!atr_ok(body))
			log_warning("reader \"%s\": the card's answer to reset "
				    "is malformed: it counts as mute",
			    v->name);
		announce(
		    v, atr_ok(body) ? WORKER_CARD_IN : WORKER_CARD_MUTE, body);
		return ERR_OK;
	case OWED_ATR:
		answer(v, atr_ok(body) ? ERR_OK : ERR_IO, body);
		return ERR_OK;
	case OWED_ANSWER:
		answer(v, body.n >= 2 ? ERR_OK : ERR_IO, body);
		return ERR_OK;
	}
	return ERR_SEQUENCE;
}

static err_t
on_input(struct stream *s, void *ctx)
{
	struct virtual *v = ctx;
	struct span body;
	size_t used;
	err_t e;

	while ((e = vpcd_parse(buf_span(&s->in), &body, &used)) == ERR_OK) {
		if ((e = on_frame(v, body)))
			return e;
		buf_drop(&s->in, used);
	}
	return e == ERR_SHORT ? ERR_OK : e;
}

static int
on_timeout(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct virtual *v = data;

	if (!v->in) {
		accept_cards(v, true);
	} else if (v->owed == OWED_FIRST_ATR) {
		log_warning("reader \"%s\": the card does not answer: it "
			    "counts as mute",
		    v->name);
		announce(v, WORKER_CARD_MUTE, SPAN_NONE);
	} else if (v->owed != OWED_NOTHING) {
		log_warning("reader \"%s\": the card did not answer in time: "
			    "taken out",
		    v->name);
		eject(v);
	}
	return 0;
}

/* Send controls, then owe an ATR. */
static void
ask_atr(struct virtual *v, enum owed owed, const enum vpcd_control *c, size_t n)
{
	struct buf *out = &v->card.out;

	for (size_t i = 0; i < n; i++)
		vpcd_put_control(out, c[i]);
	v->owed = owed;
	set_timer(
	    v, v->timeout_ms < ATR_TIMEOUT_MS ? v->timeout_ms : ATR_TIMEOUT_MS);
	stream_flush(&v->card);
}

err_t
virtual_insert(struct virtual *v, int fd)
{
	static const struct stream_ops ops = { on_input, on_gone };
	static const enum vpcd_control hello[] = { VPCD_POWER_ON,
		VPCD_GET_ATR };
	int on = 1;
	err_t e;

	buf_init(&v->card.in, 2 * VPCD_FRAME_MAX);
	buf_init(&v->card.out, 4 * VPCD_FRAME_MAX);
	/* a card over TCP; other sockets do not know it, which is fine */
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((e = stream_init(&v->card, v->ev, fd, &ops, v)))
		return e;
	v->in = true;
	accept_cards(v, false);
	ask_atr(v, OWED_FIRST_ATR, hello, nitems(hello));
	return ERR_OK;
}

err_t
virtual_says(struct virtual *v, struct span bytes)
{
	err_t e;

	if (!v->in)
		return ERR_ABSENT;
	buf_put(&v->card.in, bytes);
	if ((e = buf_status(&v->card.in)) == ERR_OK)
		e = on_input(&v->card, v);
	if (e != ERR_OK)
		on_gone(&v->card, v, e);
	return e;
}

/* Whoever knocks stays at the door, and the loop must not turn on him. */
static void
wait_a_bit(struct virtual *v)
{
	if (!v->starved)
		log_err("reader \"%s\": no descriptor for a card", v->name);
	v->starved = true;
	accept_cards(v, false);
	set_timer(v, PAUSE_MS);
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct virtual *v = data;
	int card = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (card < 0 && errno != EAGAIN && errno != EINTR &&
	    errno != ECONNABORTED) {
		wait_a_bit(v);
		return 0;
	}
	v->starved = v->starved && card < 0;
	if (card >= 0 && virtual_insert(v, card) != ERR_OK)
		log_err("reader \"%s\": no memory for the card", v->name);
	return 0;
}

static void
virtual_stop(void *self)
{
	struct virtual *v = self;

	if (v == NULL)
		return;
	if (v->in)
		stream_done(&v->card);
	sd_event_source_disable_unref(v->accept);
	sd_event_source_disable_unref(v->timer);
	fd_close(&v->listen_fd);
	free(v);
}

static err_t
virtual_start(
    struct host *h, sd_event *ev, const struct driver_args *args, void **self)
{
	struct virtual *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return ERR_NOMEM;
	*v = (struct virtual){ .host = h,
		.ev = ev,
		.listen_fd = args->device_fd,
		.name = args->name,
		.timeout_ms = args->timeout_ms,
		.card = STREAM_NONE };
	if (ev != NULL &&
	    (sd_event_add_io(
		 ev, &v->accept, v->listen_fd, EPOLLIN, on_accept, v) < 0 ||
		sd_event_add_time_relative(ev, &v->timer, CLOCK_MONOTONIC,
		    NEVER_USEC, 0, on_timeout, v) < 0)) {
		virtual_stop(v);
		return ERR_NOMEM;
	}
	timer_off(v);
	*self = v;
	host_slot(h, SLOT, args->name);
	/* a card whose driver died is at the door: it has not been out */
	if (ev != NULL)
		(void)on_accept(NULL, v->listen_fd, EPOLLIN, v);
	if (v->in)
		v->announced = true;
	else
		host_card(h, SLOT, WORKER_CARD_OUT, SPAN_NONE);
	return ERR_OK;
}

static void
power(struct virtual *v, uint32_t how)
{
	static const enum vpcd_control cold[] = { VPCD_POWER_OFF, VPCD_POWER_ON,
		VPCD_GET_ATR };
	static const enum vpcd_control warm[] = { VPCD_RESET, VPCD_GET_ATR };

	if (how == WORKER_POWER_COLD) {
		ask_atr(v, OWED_ATR, cold, nitems(cold));
	} else if (how == WORKER_POWER_WARM) {
		ask_atr(v, OWED_ATR, warm, nitems(warm));
	} else {
		vpcd_put_control(&v->card.out, VPCD_POWER_OFF);
		stream_flush(&v->card);
		host_answer(v->host, SLOT, v->id, ERR_OK, SPAN_NONE);
	}
}

static void
transmit(struct virtual *v, struct span cmd)
{
	/* one byte would be a control, and no command is that short */
	if (cmd.n < 4 || vpcd_put(&v->card.out, cmd) != ERR_OK) {
		host_answer(v->host, SLOT, v->id,
		    cmd.n < 4 ? ERR_FORMAT : ERR_LIMIT, SPAN_NONE);
		return;
	}
	v->owed = OWED_ANSWER;
	set_timer(v, v->timeout_ms);
	stream_flush(&v->card);
}

static void
virtual_request(void *self, const struct worker_frame *f)
{
	struct virtual *v = self;
	bool for_card = f->type == WORKER_POWER || f->type == WORKER_TRANSMIT;
	err_t e = ERR_OK;

	if (f->slot != SLOT)
		e = ERR_ABSENT;
	else if (for_card && !v->in)
		e = ERR_REMOVED;
	else if (for_card && v->owed != OWED_NOTHING)
		e = ERR_SEQUENCE;
	else if (!for_card && f->type != WORKER_PROTOCOL)
		e = ERR_UNSUPPORTED;
	if (e != ERR_OK || !for_card) {
		host_answer(v->host, f->slot, f->id, e, SPAN_NONE);
		return;
	}
	v->id = f->id;
	if (f->type == WORKER_POWER)
		power(v, f->value);
	else
		transmit(v, f->body);
}

const struct driver virtual_driver = {
	.name = "virtual",
	.sandbox = SANDBOX_SOCKETS | SANDBOX_LOOP,
	.start = virtual_start,
	.request = virtual_request,
	.stop = virtual_stop,
};
