/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to TOK_LIST, field by field. */
#include <stdlib.h>
#include <string.h>

#include "authd/token.h"

static err_t
item_parse(struct span *in, struct token_item *out)
{
	char label_key[TOKEN_LABEL_MAX];
	struct span hash;
	err_t e;

	if ((e = span_u8(in, &out->slot)) ||
	    (e = msg_get_str(in, out->label, sizeof(out->label))) ||
	    (e = msg_get_str(in, label_key, sizeof(label_key))) ||
	    (e = msg_get_bytes(in, PKHH_SIZE, &hash)) ||
	    (e = span_u8(in, &out->alg)) || (e = span_u16(in, &out->bits)) ||
	    (e = span_u8(in, &out->flags)) ||
	    (e = span_u8(in, &out->pin_policy)) ||
	    (e = msg_get_bytes(in, TOKEN_CERT_MAX, &out->cert)) ||
	    (e = msg_get_bytes(in, TOKEN_SPKI_MAX, &out->spki)))
		return e;
	/* an item without a key that can be read has no hash */
	if (hash.n != PKHH_SIZE && hash.n != 0)
		return ERR_FORMAT;
	if (hash.n > 0)
		memcpy(out->pkhh.b, hash.p, PKHH_SIZE);
	return ERR_OK;
}

static err_t
items_parse(struct span *in, struct token *out)
{
	uint16_t n;
	err_t e;

	if ((e = span_u16(in, &n)))
		return e;
	if (n > TOKEN_ITEMS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if ((e = item_parse(in, &out->items[i])))
			return e;
	}
	out->items_n = n;
	return ERR_OK;
}

static err_t
problems_skip(struct span *in)
{
	char text[TOKEN_PROBLEM_MAX];
	uint16_t n;
	err_t e;

	if ((e = span_u16(in, &n)))
		return e;
	if (n > TOKEN_PROBLEMS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if ((e = msg_get_str(in, text, sizeof(text))))
			return e;
	}
	return ERR_OK;
}

static err_t
token_parse(struct span *in, struct token *out)
{
	struct span atr;
	err_t e;

	if ((e = span_u64(in, &out->insertion)) ||
	    (e = msg_get_str(in, out->id, sizeof(out->id))) ||
	    (e = msg_get_str(in, out->reader, sizeof(out->reader))) ||
	    (e = msg_get_str(in, out->driver, sizeof(out->driver))) ||
	    (e = msg_get_bytes(in, TOKEN_ATR_MAX, &atr)) ||
	    (e = span_u8(in, &out->flags)) ||
	    (e = span_u8(in, &out->pin_min)) ||
	    (e = span_u8(in, &out->pin_max)))
		return e;
	if ((e = items_parse(in, out)))
		return e;
	return problems_skip(in);
}

err_t
token_list_parse(struct span in, struct token_list *out)
{
	struct token *tokens = NULL;
	uint16_t n;
	err_t e;

	if ((e = span_u16(&in, &n)))
		return e;
	if (n > TOKENS_MAX)
		return ERR_LIMIT;
	if (n > 0 && (tokens = calloc(n, sizeof(*tokens))) == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = token_parse(&in, &tokens[i]);
	if (e == ERR_OK)
		e = span_end(in);
	if (e != ERR_OK) {
		free(tokens);
		return e;
	}
	out->tokens = tokens;
	out->n = n;
	return ERR_OK;
}

void
token_list_done(struct token_list *l)
{
	free(TAKE(l->tokens));
	l->n = 0;
	msg_done(&l->answer);
}

const struct token_item *
token_slot(const struct token *t, uint8_t slot)
{
	for (size_t i = 0; i < t->items_n; i++) {
		if (t->items[i].slot == slot)
			return &t->items[i];
	}
	return NULL;
}
