/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "readerd/handle.h"
#include "readerd/hold.h"
#include "readerd/idle.h"
#include "readerd/logging.h"
#include "readerd/power.h"
#include "readerd/service.h"

bool
job_may_run(const struct job *j)
{
	const struct slot *s = j->slot;

	if (s->holder != NULL)
		return j->handle == s->holder;
	/* an exclusive client's card is out of reach for token workers */
	return s->exclusive == NULL || j->handle == s->exclusive ||
	    j->handle == NULL;
}

err_t
job_queue(const struct job *what)
{
	struct job *j = malloc(sizeof(*j)), **end;

	if (j == NULL)
		return ERR_NOMEM;
	*j = *what;
	j->next = NULL;
	for (end = &j->slot->queue; *end != NULL; end = &(*end)->next)
		;
	*end = j;
	if (j->client != NULL)
		j->client->job = j;
	slot_run(j->slot);
	return ERR_OK;
}

void
job_end(struct job *j)
{
	struct slot *s = j->slot;

	for (struct job **p = &s->queue; *p != NULL; p = &(*p)->next) {
		if (*p == j) {
			*p = j->next;
			break;
		}
	}
	flight_remove(&s->flight, j);
	if (j->client != NULL)
		j->client->job = NULL;
	free(j);
}

bool
job_ready(const struct job *j)
{
	return j->ready != NULL ? j->ready(j) : job_may_run(j);
}

static struct job *
take_ready(struct slot *s)
{
	struct job **found = NULL, *j;

	for (struct job **p = &s->queue; (j = *p) != NULL; p = &j->next) {
		if ((found == NULL || (j->first && !(*found)->first)) &&
		    job_ready(j))
			found = p;
	}
	if (found == NULL || !flight_room(&s->flight, *found))
		return NULL;
	j = *found;
	*found = j->next;
	return j;
}

static void
reset_finished(struct job *j, uint32_t rv)
{
	if (rv != SCARD_S_SUCCESS)
		log_warning("reader \"%s\": reset after its holder went: %s",
		    j->slot->name, rv_text(rv));
	job_end(j);
}

/* The holder died: nobody gets the card as it was left. */
static struct job *
due_reset(struct slot *s)
{
	struct job *j = malloc(sizeof(*j));

	if (j == NULL)
		return NULL;
	*j = power_job(s, NULL, NULL, SCARD_RESET_CARD, reset_finished);
	return j;
}

static struct job *
next_job(struct slot *s)
{
	struct job *j;

	if (!s->reset_due)
		return take_ready(s);
	if (s->flight.first != NULL)
		return NULL;
	if (s->card == WORKER_CARD_OUT || !s->powered) {
		s->reset_due = false;
		return take_ready(s);
	}
	if ((j = due_reset(s)) == NULL)
		return NULL; /* no memory: nobody gets it until there is */
	s->reset_due = false;
	return j;
}

void
slot_run(struct slot *s)
{
	struct job *j;

	if (s->in_run)
		return;
	s->in_run = true;
	while ((j = next_job(s)) != NULL)
		j->go(j);
	s->in_run = false;
	hold_tell(s);
	idle_check(s);
}

void
slot_ask(struct job *j, enum worker_type type, uint32_t value, struct span body)
{
	struct slot *s = j->slot;

	if (++s->next_id == 0)
		s->next_id = 1;
	j->id = s->next_id;
	flight_add(&s->flight, j);
	ifd_send(s->ifd,
	    &(struct worker_frame){
		(uint16_t)type, s->number, j->id, value, body });
}

err_t
slot_answer(struct slot *s, uint32_t id, err_t e, struct span body)
{
	struct job *j = flight_answered(&s->flight, id);

	if (j == NULL)
		return ERR_FORMAT;
	if (j->handle != NULL && j->handle == s->holder)
		idle_used(s);
	j->done(j, e, body);
	slot_run(s);
	return ERR_OK;
}

void
slot_was_reset(struct slot *s, const struct handle *except)
{
	s->protocol = 0;
	s->activity++;
	apdulog_reset(&s->log);
	for (struct handle *h = s->handles; h != NULL; h = h->next_of_slot) {
		if (h != except && h->mark == MARK_NONE)
			h->mark = MARK_RESET;
	}
}

/* Whatever was connected was connected to the card that left. */
static void
forget_card(struct slot *s)
{
	s->powered = false;
	s->protocol = 0;
	s->atr_n = 0;
	s->activity++;
	s->holder = NULL;
	s->depth = 0;
	s->held = s->wanted_sent = s->reset_due = false;
	apdulog_reset(&s->log);
	for (struct handle *h = s->handles; h != NULL; h = h->next_of_slot) {
		/* a direct connection is one to the reader */
		if (h->share != SCARD_SHARE_DIRECT)
			h->mark = MARK_REMOVED;
	}
}

void
slot_card(struct slot *s, enum worker_card card, struct span atr)
{
	s->looked = true;
	if (card == WORKER_CARD_OUT && s->card == WORKER_CARD_OUT)
		return;
	forget_card(s);
	s->card = card;
	s->event_counter++;
	if (card == WORKER_CARD_IN) {
		s->atr_n = span_first(atr, sizeof(s->atr)).n;
		memcpy(s->atr, atr.p, s->atr_n);
		s->powered = true;
	}
	log_debug("reader \"%s\": %s", s->name,
	    card == WORKER_CARD_IN        ? "card in"
		: card == WORKER_CARD_OUT ? "card out"
					  : "mute card");
	service_changed(s->svc);
	slot_run(s);
}

/* Printable ASCII or UTF-8, whatever the driver says. */
static void
set_name(struct slot *s, struct span name)
{
	char clean[WORKER_NAME_MAX + 1];
	bool utf8;
	size_t n;

	name = span_first(name, WORKER_NAME_MAX);
	utf8 = text_ok(name);
	for (n = 0; n < name.n; n++)
		clean[n] = utf8 || (name.p[n] >= 0x20 && name.p[n] < 0x7f)
		    ? (char)name.p[n]
		    : '?';
	clean[n] = '\0';
	memset(s->name, 0, sizeof(s->name));
	(void)snprintf(s->name, sizeof(s->name), "%s %02X %02X",
	    n > 0 ? clean : "Reader", s->ifd->index, s->number & 0xffu);
}

void
slot_appear(struct slot *s, struct span name)
{
	if (s->present)
		return;
	set_name(s, name);
	s->present = true;
	s->looked = false;
	s->card = WORKER_CARD_OUT;
	logging_reader(s);
	log_debug("reader \"%s\" is there", s->name);
	service_reader_event(s->svc);
}

/* The driver will not answer any more. */
static void
fail_flight(struct slot *s)
{
	struct job *j;

	while ((j = s->flight.first) != NULL) {
		flight_remove(&s->flight, j);
		j->done(j, ERR_SERVICE, SPAN_NONE);
	}
}

void
slot_taken(struct slot *s)
{
	s->event_counter++;
}

void
slot_vanish(struct slot *s)
{
	struct handle *h;

	if (!s->present)
		return;
	log_notice("reader \"%s\" has gone", s->name);
	s->in_run = true; /* nobody gets a turn on the way out */
	s->present = false;
	forget_card(s);
	s->card = WORKER_CARD_OUT;
	s->exclusive = NULL;
	for (h = s->handles; h != NULL; h = h->next_of_slot)
		h->mark = MARK_GONE;
	fail_flight(s);
	s->in_run = false;
	slot_run(s); /* each job finds out for itself */
	while ((h = s->handles) != NULL) {
		s->handles = h->next_of_slot;
		h->next_of_slot = NULL;
		h->slot = NULL;
	}
	service_reader_event(s->svc);
}

static uint32_t
state_bits(const struct slot *s)
{
	switch (s->card) {
	case WORKER_CARD_OUT:
		return WIRE_STATE_ABSENT;
	case WORKER_CARD_MUTE:
		return WIRE_STATE_PRESENT | WIRE_STATE_SWALLOWED;
	case WORKER_CARD_IN:
		break;
	}
	return s->powered
	    ? WIRE_STATE_PRESENT | WIRE_STATE_POWERED | WIRE_STATE_NEGOTIABLE
	    : WIRE_STATE_PRESENT;
}

void
slot_state(const struct slot *s, struct wire_reader_state *out)
{
	memset(out, 0, sizeof(*out));
	if (!s->present)
		return;
	memcpy(out->reader, s->name, sizeof(out->reader));
	out->event_counter = s->event_counter;
	out->state = state_bits(s);
	out->sharing = handle_sharing(s);
	out->atr_length = (uint32_t)s->atr_n;
	memcpy(out->atr, s->atr, s->atr_n);
	out->protocol = s->protocol;
}
