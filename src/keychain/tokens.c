/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "ipc/msg.h"
#include "ipc/token-proto.h"

/*
 * A string of n bytes takes 4 + n in the answer and n + 1 here, so a pool as
 * large as the answer holds all of it.
 */
struct reader {
	struct span in;
	char *pool; /* borrowed */
	size_t used, size;
};

static err_t
keep(struct reader *r, struct span s, size_t end, const char **out)
{
	char *to = r->pool + r->used;

	if (s.n + end > r->size - r->used)
		return ERR_LIMIT;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	if (end > 0)
		to[s.n] = '\0';
	r->used += s.n + end;
	*out = to;
	return ERR_OK;
}

static err_t
get_text(struct reader *r, size_t cap, const char **out)
{
	struct span s;
	err_t e;

	if ((e = msg_get_bytes(&r->in, cap - 1, &s)))
		return e;
	if (!msg_text_ok(s))
		return ERR_FORMAT;
	return keep(r, s, 1, out);
}

static err_t
get_bytes(struct reader *r, size_t max, const uint8_t **out, size_t *n)
{
	const char *at = NULL;
	struct span s;
	err_t e;

	if ((e = msg_get_bytes(&r->in, max, &s)) ||
	    (s.n > 0 && (e = keep(r, s, 0, &at))))
		return e;
	*out = (const uint8_t *)at;
	*n = s.n;
	return ERR_OK;
}

static err_t
get_hash(struct reader *r, struct scs_item *out)
{
	struct span s;
	err_t e;

	if ((e = msg_get_bytes(&r->in, SCS_PKHH_SIZE, &s)))
		return e;
	if (s.n != 0 && s.n != SCS_PKHH_SIZE)
		return ERR_FORMAT;
	if (s.n > 0)
		memcpy(out->pkhh, s.p, s.n);
	out->pkhh_len = s.n;
	return ERR_OK;
}

static err_t
get_item(struct reader *r, struct scs_item *out)
{
	uint8_t flags, pin;
	err_t e;

	if ((e = span_u8(&r->in, &out->slot)) ||
	    (e = get_text(r, TOKEN_LABEL_MAX, &out->cert_label)) ||
	    (e = get_text(r, TOKEN_LABEL_MAX, &out->key_label)) ||
	    (e = get_hash(r, out)) || (e = span_u8(&r->in, &out->alg)) ||
	    (e = span_u16(&r->in, &out->bits)) ||
	    (e = span_u8(&r->in, &flags)) || (e = span_u8(&r->in, &pin)) ||
	    (e = get_bytes(r, TOKEN_CERT_MAX, &out->cert, &out->cert_len)) ||
	    (e = get_bytes(r, TOKEN_SPKI_MAX, &out->spki, &out->spki_len)))
		return e;
	if (pin > PIN_POLICY_ALWAYS)
		return ERR_FORMAT;
	out->flags = flags;
	out->pin = pin;
	return ERR_OK;
}

/* A count, and zeroed memory for so many things of `size` bytes. */
static err_t
get_count(struct reader *r, size_t max, size_t size, void **out, size_t *n)
{
	uint16_t count;
	err_t e;

	if ((e = span_u16(&r->in, &count)))
		return e;
	if (count > max)
		return ERR_LIMIT;
	*n = 0;
	if (count == 0)
		return ERR_OK;
	if ((*out = calloc(count, size)) == NULL)
		return ERR_NOMEM;
	*n = count;
	return ERR_OK;
}

static err_t
get_items(struct reader *r, struct scs_token *t)
{
	struct scs_item *items = NULL;
	void *made = NULL;
	err_t e;

	e = get_count(r, TOKEN_ITEMS_MAX, sizeof(*items), &made, &t->items_n);
	if (e != ERR_OK)
		return e;
	t->items = items = made;
	for (size_t i = 0; i < t->items_n; i++) {
		if ((e = get_item(r, &items[i])))
			return e;
	}
	return ERR_OK;
}

static err_t
get_problems(struct reader *r, struct scs_token *t)
{
	const char **problems = NULL;
	void *made = NULL;
	err_t e;

	if ((e = get_count(r, TOKEN_PROBLEMS_MAX, sizeof(*problems), &made,
		 &t->problems_n)))
		return e;
	problems = made;
	t->problems = problems;
	for (size_t i = 0; i < t->problems_n; i++) {
		if ((e = get_text(r, TOKEN_PROBLEM_MAX, &problems[i])))
			return e;
	}
	return ERR_OK;
}

static err_t
get_token(struct reader *r, struct scs_token *t)
{
	uint8_t flags, pin_min, pin_max;
	err_t e;

	if ((e = span_u64(&r->in, &t->insertion)) ||
	    (e = get_text(r, TOKEN_ID_MAX, &t->id)) ||
	    (e = get_text(r, TOKEN_READER_MAX, &t->reader)) ||
	    (e = get_text(r, TOKEN_DRIVER_MAX, &t->driver)) ||
	    (e = get_bytes(r, TOKEN_ATR_MAX, &t->atr, &t->atr_len)) ||
	    (e = span_u8(&r->in, &flags)) || (e = span_u8(&r->in, &pin_min)) ||
	    (e = span_u8(&r->in, &pin_max)))
		return e;
	if (t->id[0] == '\0' || pin_min > pin_max)
		return ERR_FORMAT;
	t->login = (flags & TOKEN_LOGIN) != 0;
	t->pinpad = (flags & TOKEN_PINPAD) != 0;
	t->pin_min = pin_min;
	t->pin_max = pin_max;
	if ((e = get_items(r, t)))
		return e;
	return get_problems(r, t);
}

/* A request names a token by its insertion alone. */
static bool
insertion_seen(const struct tokens *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (t->all[i].insertion == t->all[n].insertion)
			return true;
	}
	return false;
}

static err_t
get_tokens(struct reader *r, struct tokens *out)
{
	void *made = NULL;
	err_t e;

	e = get_count(r, TOKENS_MAX, sizeof(*out->all), &made, &out->n);
	if (e != ERR_OK)
		return e;
	out->all = made;
	for (size_t i = 0; i < out->n; i++) {
		if ((e = get_token(r, &out->all[i])))
			return e;
		if (insertion_seen(out, i))
			return ERR_FORMAT;
	}
	return span_end(r->in);
}

err_t
tokens_parse(struct span in, struct tokens *out)
{
	CLEANUP(tokens_done) struct tokens t = { 0 };
	struct reader r = { .in = in, .size = in.n };
	err_t e;

	if (in.n > MSG_BODY_MAX)
		return ERR_LIMIT;
	if (in.n > 0 && (t.pool = malloc(in.n)) == NULL)
		return ERR_NOMEM;
	r.pool = t.pool;
	if ((e = get_tokens(&r, &t)))
		return e;
	*out = t;
	t = (struct tokens){ 0 };
	return ERR_OK;
}

/* calloc's memory, seen as const by everybody else */
static void
free_const(const void *p)
{
	free((void *)(uintptr_t)p);
}

void
tokens_done(struct tokens *t)
{
	for (size_t i = 0; i < t->n && t->all != NULL; i++) {
		free_const(t->all[i].items);
		free_const(t->all[i].problems);
	}
	free(t->all);
	free(t->pool);
	*t = (struct tokens){ 0 };
}
