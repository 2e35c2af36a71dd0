/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/handle.h"

#include <stdlib.h>
#include <unistd.h>

#include "readerd/service.h"

static bool
card_in_use(const struct service *svc, int32_t card)
{
	for (const struct client *c = svc->clients; c != NULL; c = c->next) {
		if (handle_find(c, card) != NULL)
			return true;
	}
	return false;
}

/* As for connections (listen.h): a part is for workers, root and ourselves. */
static bool
has_room(const struct slot *s, const struct client *c)
{
	const uid_t uid = c->peer.uid;
	size_t n = 0, of_uid = 0;

	for (const struct handle *h = s->handles; h; h = h->next_of_slot) {
		n++;
		of_uid += h->client->peer.uid == uid ? 1 : 0;
	}
	if (n >= HANDLES_PER_SLOT)
		return false;
	return c->dialect == DIALECT_WORKER || uid == 0 || uid == geteuid() ||
	    (of_uid < HANDLES_PER_UID &&
		n < HANDLES_PER_SLOT - HANDLES_PER_SLOT / 8);
}

err_t
handle_new(
    struct client *c, struct slot *s, uint32_t share, struct handle **out)
{
	struct handle *h;

	if (c->handles_n >= HANDLES_PER_CONTEXT)
		return ERR_NOMEM;
	if (!has_room(s, c))
		return ERR_LIMIT;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return ERR_NOMEM;
	do {
		h->card = (int32_t)service_random();
	} while (card_in_use(c->svc, h->card));
	h->client = c;
	h->slot = s;
	h->share = share;
	h->worker = c->dialect == DIALECT_WORKER;
	h->next_of_client = c->handles;
	c->handles = h;
	c->handles_n++;
	h->next_of_slot = s->handles;
	s->handles = h;
	if (share == SCARD_SHARE_EXCLUSIVE && !h->worker)
		s->exclusive = h;
	*out = h;
	return ERR_OK;
}

static void
leave_slot(struct handle *h, bool left_clean)
{
	struct slot *s = h->slot;

	for (struct handle **p = &s->handles; *p; p = &(*p)->next_of_slot) {
		if (*p == h) {
			*p = h->next_of_slot;
			break;
		}
	}
	for (struct job *j = s->queue; j != NULL; j = j->next) {
		if (j->handle == h)
			j->handle = NULL;
	}
	for (struct job *j = s->flight.first; j != NULL; j = j->next) {
		if (j->handle == h)
			j->handle = NULL;
	}
	if (s->exclusive == h)
		s->exclusive = NULL;
	/* raw is no protocol that the next one would find agreed on */
	if (s->handles == NULL && s->protocol == SCARD_PROTOCOL_RAW)
		s->protocol = 0;
	if (s->holder != h)
		return;
	s->holder = NULL;
	s->held = s->wanted_sent = false;
	s->depth = 0;
	if (!left_clean && h->mark == MARK_NONE)
		s->reset_due = true;
}

void
handle_free(struct handle *h, bool left_clean)
{
	struct client *c = h->client;
	struct slot *s = h->slot;

	for (struct handle **p = &c->handles; *p; p = &(*p)->next_of_client) {
		if (*p == h) {
			*p = h->next_of_client;
			break;
		}
	}
	c->handles_n--;
	if (s != NULL)
		leave_slot(h, left_clean);
	free(h);
	if (s != NULL) {
		service_changed(s->svc);
		slot_run(s);
	}
}

struct handle *
handle_find(const struct client *c, int32_t card)
{
	for (struct handle *h = c->handles; h != NULL; h = h->next_of_client) {
		if (h->card == card)
			return h;
	}
	return NULL;
}

uint32_t
handle_rv(const struct handle *h)
{
	switch (h->mark) {
	case MARK_NONE:
		return SCARD_S_SUCCESS;
	case MARK_RESET:
		return SCARD_W_RESET_CARD;
	case MARK_REMOVED:
		return SCARD_W_REMOVED_CARD;
	case MARK_GONE:
		break;
	}
	return SCARD_E_READER_UNAVAILABLE;
}

bool
handle_shut_out(const struct handle *h)
{
	return h->slot != NULL && h->slot->holder != NULL &&
	    h->slot->holder != h;
}

int32_t
handle_sharing(const struct slot *s)
{
	int32_t n = 0;

	if (s->exclusive != NULL)
		return -1;
	for (const struct handle *h = s->handles; h; h = h->next_of_slot)
		n += h->worker ? 0 : 1;
	return n;
}
