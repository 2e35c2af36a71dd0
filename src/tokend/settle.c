/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks for a PIN has to know all cards first: his own may be the one that is
 * being read, and the one that is listed its copy. A card that others keep from
 * being read, or that no worker could read, is not waited for; a reader service
 * that has just died is, since the next one is on its way. A card that comes and
 * goes could hold up everybody else for ever, and so could its reader: they are
 * waited for only while there is no other card. A PIN goes to no card that is not
 * listed.
 */
#include "base/clock.h"
#include "tokend/tokend.h"

#define LOOK_MS 50
#define AWAY_MS 5000 /* a service that has been away for longer may stay away */
#define GONE_MS 2000 /* the same of a reader */

static const struct entry *
being_read(const struct tokend *d)
{
	const struct entry *e = d->entries;

	while (e != NULL && !entry_reading(e))
		e = e->next;
	return e;
}

static bool
any_listed(const struct tokend *d)
{
	const struct entry *e = d->entries;

	while (e != NULL && !entry_listed(e))
		e = e->next;
	return e != NULL;
}

/* The reader of the only card went: perhaps its driver died. */
static bool
reader_on_its_way(const struct tokend *d)
{
	return d->gone[0] != '\0' && clock_ms() - d->gone_ms < GONE_MS;
}

static bool
service_on_its_way(const struct tokend *d)
{
	return d->pcsc_lost_ms != 0 && clock_ms() - d->pcsc_lost_ms < AWAY_MS;
}

static bool
settled(const struct tokend *d)
{
	bool listed = any_listed(d);

	for (const struct entry *e = d->entries; e != NULL; e = e->next) {
		if (entry_reading(e) && !(e->paced && listed))
			return false;
	}
	return !service_on_its_way(d) && (listed || !reader_on_its_way(d));
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

	if (settled(c->d) || clock_ms() >= c->settle_by_ms) {
		answer(c, being_read(c->d));
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
	if (settled(c->d)) {
		answer(c, being_read(c->d));
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
