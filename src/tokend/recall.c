/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokend/memory.h"

struct recalled {
	struct recalled *next;
	char reader[TOKEN_READER_MAX];
	uint16_t events; /* the reader's count when it was lost */
	enum recall_loss loss;
	struct recall r;
};

void
recall_init(struct recall *r)
{
	*r = (struct recall){ 0 };
	buf_init(&r->bytes, MEMORY_BYTES);
}

void
recall_done(struct recall *r)
{
	buf_done(&r->bytes);
	secret_free(&r->key);
	recall_init(r);
}

err_t
recall_set(struct recall *r, struct span bytes, struct secret *key)
{
	buf_reset(&r->bytes);
	buf_put(&r->bytes, bytes);
	secret_free(&r->key);
	r->key = key;
	return buf_status(&r->bytes);
}

static bool
is_of(const struct recall *r, const char *id, struct span atr)
{
	return strcmp(r->id, id) == 0 &&
	    span_eq(span_from(r->atr, r->atr_n), atr);
}

bool
recall_card(struct recall *r, const char *id, struct span atr)
{
	bool news = !r->proven && r->key != NULL && is_of(r, id, atr);

	if (!r->proven && !news)
		recall_done(r);
	(void)snprintf(r->id, sizeof(r->id), "%s", id);
	atr = span_first(atr, sizeof(r->atr));
	if (atr.n > 0)
		memcpy(r->atr, atr.p, atr.n);
	r->atr_n = atr.n;
	r->proven = true;
	return news;
}

static void
drop(struct recalled **at)
{
	struct recalled *k = *at;

	*at = k->next;
	recall_done(&k->r);
	free(k);
}

/* Where the one of this reader is, or the end. */
static struct recalled **
find(struct recalls *all, const char *reader)
{
	struct recalled **at = &all->first;

	while (*at != NULL && strcmp((*at)->reader, reader) != 0)
		at = &(*at)->next;
	return at;
}

static void
drop_oldest(struct recalls *all)
{
	struct recalled **at = &all->first;
	size_t n = 1;

	if (*at == NULL)
		return;
	while ((*at)->next != NULL) {
		at = &(*at)->next;
		n++;
	}
	if (n >= RECALLS_MAX)
		drop(at);
}

void
recalls_keep(struct recalls *all, const char *reader, uint32_t events,
    enum recall_loss loss, struct recall *r)
{
	struct recalled **at = find(all, reader), *k;

	if (*at != NULL)
		drop(at);
	if (r->key == NULL || (k = calloc(1, sizeof(*k))) == NULL) {
		recall_done(r);
		return;
	}
	drop_oldest(all);
	k->events = (uint16_t)events;
	k->loss = loss;
	(void)snprintf(k->reader, sizeof(k->reader), "%s", reader);
	k->r = *r;
	k->r.proven = false;
	recall_init(r);
	k->next = all->first;
	all->first = k;
}

/* By the reader's count, can the card have been in it all the time? */
static bool
can_be_back(const struct recalled *k, uint16_t now)
{
	const bool anew = now <= 1, on = now == (uint16_t)(k->events + 1);

	switch (k->loss) {
	case RECALL_READER:
		return on;
	case RECALL_SERVICE:
		return anew;
	case RECALL_SILENCE:
		return anew || on || now == k->events;
	}
	return false;
}

void
recalls_take(struct recalls *all, const char *reader, uint32_t events,
    struct recall *out)
{
	struct recalled **at = find(all, reader), *k = *at;

	if (k == NULL)
		return;
	if (can_be_back(k, (uint16_t)events)) {
		*out = k->r;
		recall_init(&k->r);
	}
	drop(at);
}

void
recalls_forget(struct recalls *all)
{
	while (all->first != NULL)
		drop(&all->first);
}
