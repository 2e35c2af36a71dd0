/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/hex.h"

#define ATR "3b800181"

static struct worker_frame asked[WORKER_AHEAD]; /* oldest first */
static size_t asked_n;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
driver_says(struct rig *r, const struct worker_frame *f)
{
	struct ifd *ifd = &r->svc.ifds[0];

	must(worker_build(f, &ifd->channel.in) == ERR_OK);
	must(ifd_input(ifd) == ERR_OK);
}

void
rig_plug(struct rig *r)
{
	asked_n = 0;
	must(ifd_attach(&r->svc.ifds[0], -1, -1) == ERR_OK);
	driver_says(r,
	    &(struct worker_frame){
		.type = WORKER_SLOT, .body = span_str("Rig") });
}

void
rig_unplug(struct rig *r)
{
	ifd_lost(&r->svc.ifds[0]);
}

void
rig_start(struct rig *r)
{
	log_init("rig", -1, 0);
	service_init(&r->svc, NULL);
	r->svc.ifds_n = 1;
	r->svc.access.all = true;
	rig_plug(r);
}

void
rig_stop(struct rig *r)
{
	service_done(&r->svc);
}

void
rig_card(struct rig *r, bool in)
{
	CLEANUP(buf_done) struct buf atr = BUF_INIT(33);

	must(hex_decode(span_str(ATR), &atr) == ERR_OK);
	driver_says(r,
	    &(struct worker_frame){ .type = WORKER_CARD,
		.value = in ? WORKER_CARD_IN : WORKER_CARD_OUT,
		.body = in ? buf_span(&atr) : SPAN_NONE });
}

struct client *
rig_client(struct rig *r, enum dialect dialect)
{
	struct peer peer = { 1000, 1000, 1 };
	struct client *c = NULL;

	must(client_new(&r->svc, -1, dialect, &peer, &c) == ERR_OK);
	return c;
}

err_t
rig_say_data(struct client *c, uint32_t command, const void *body, size_t n,
    struct span data)
{
	struct wire_header h = { (uint32_t)n, command };

	buf_put(&c->io.in, span_from(&h, sizeof(h)));
	buf_put(&c->io.in, span_from(body, n));
	buf_put(&c->io.in, data);
	return client_input(c);
}

err_t
rig_say(struct client *c, uint32_t command, const void *body, size_t n)
{
	return rig_say_data(c, command, body, n, SPAN_NONE);
}

bool
rig_hear(struct client *c, void *body, size_t n)
{
	if (c->io.out.n < n)
		return false;
	if (n > 0)
		memcpy(body, c->io.out.p, n);
	buf_drop(&c->io.out, n);
	return true;
}

uint32_t
rig_hear_worker(struct client *c, void *body, size_t n)
{
	struct wire_header h = { 0, 0 };

	if (!rig_hear(c, &h, sizeof(h)))
		return 0;
	must(h.size >= n && rig_hear(c, body, n));
	return h.command;
}

unsigned int
rig_asked(struct rig *r, uint32_t *value)
{
	struct buf *out = &r->svc.ifds[0].channel.out;
	size_t used;

	struct worker_frame f;

	if (worker_parse(buf_span(out), &f, &used) != ERR_OK)
		return 0;
	must(asked_n < nitems(asked));
	asked[asked_n++] = f;
	if (value != NULL)
		*value = f.value;
	buf_drop(out, used);
	return f.type;
}

void
rig_answer(struct rig *r, err_t e, const char *hex)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(70000);
	struct worker_frame f;

	must(hex_decode(span_str(hex), &b) == ERR_OK && asked_n > 0);
	f = asked[0];
	asked_n--;
	memmove(asked, asked + 1, asked_n * sizeof(asked[0]));
	driver_says(r,
	    &(struct worker_frame){ .type = WORKER_ANSWER,
		.slot = f.slot,
		.id = f.id,
		.value = e,
		.body = buf_span(&b) });
}

void
rig_serve(struct rig *r)
{
	unsigned int type;
	uint32_t value;

	while ((type = rig_asked(r, &value)) != 0) {
		if (type == WORKER_POWER)
			rig_answer(
			    r, ERR_OK, value == WORKER_POWER_OFF ? "" : ATR);
		else if (type == WORKER_TRANSMIT)
			rig_answer(r, ERR_OK, "9000");
		else if (type == WORKER_PROTOCOL)
			rig_answer(r, ERR_OK, "");
		else
			rig_answer(r, ERR_UNSUPPORTED, "");
	}
}
