/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks for a PIN has to know all cards first: his own may be the one that is
 * being read, and the one that is listed its copy. A card that others keep from
 * being read, or that no worker could read, is not waited for.
 */
#include "base/clock.h"
#include "tokend/tokend.h"

#define LOOK_MS 50

static const struct entry *
being_read(const struct tokend *d)
{
	const struct entry *e = d->entries;

	while (e != NULL && !entry_reading(e))
		e = e->next;
	return e;
}

static void
answer(struct client *c, const struct entry *e)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	client_settle_end(c);
	msg_init(&m, TOK_ANSWER);
	buf_put_u16(&m.body, ERR_OK);
	msg_put_str(&m.body, e != NULL ? e->reader : "");
	client_relay(c, &m);
}

static int
on_look(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct client *c = data;
	const struct entry *e = being_read(c->d);

	if (e == NULL || clock_ms() >= c->settle_by_ms) {
		answer(c, e);
		return 0;
	}
	(void)sd_event_source_set_time_relative(src, LOOK_MS * 1000);
	(void)sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	return 0;
}

err_t
client_settle(struct client *c)
{
	if (c->settle != NULL)
		return ERR_SEQUENCE;
	if (being_read(c->d) == NULL) {
		answer(c, NULL);
		return ERR_OK;
	}
	c->settle_by_ms = deadline_in(TOK_SETTLED_MS);
	if (sd_event_add_time_relative(c->d->ev, &c->settle, CLOCK_MONOTONIC,
		LOOK_MS * 1000, 0, on_look, c) < 0)
		return ERR_NOMEM;
	return ERR_OK;
}

void
client_settle_end(struct client *c)
{
	c->settle = sd_event_source_disable_unref(c->settle);
}
