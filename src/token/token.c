/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/token.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/msg.h"
#include "token/label.h"

err_t
token_new(struct token **out)
{
	struct token *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR_NOMEM;
	t->items = calloc(TOKEN_ITEMS_MAX, sizeof(*t->items));
	if (t->items == NULL) {
		free(t);
		return ERR_NOMEM;
	}
	*out = t;
	return ERR_OK;
}

void
token_free(struct token **tp)
{
	struct token *t;

	if (tp == NULL || (t = *tp) == NULL)
		return;
	while (t->items_n > 0)
		token_drop_item(t);
	free(t->items);
	free(t);
	*tp = NULL;
}

err_t
token_add_item(struct token *t, struct token_item **out)
{
	struct token_item *i;

	if (t->items_n >= TOKEN_ITEMS_MAX)
		return ERR_LIMIT;
	i = &t->items[t->items_n++];
	*i = (struct token_item){ 0 };
	buf_init(&i->cert, TOKEN_CERT_MAX);
	buf_init(&i->spki, TOKEN_SPKI_MAX);
	*out = i;
	return ERR_OK;
}

void
token_drop_item(struct token *t)
{
	struct token_item *i = &t->items[--t->items_n];

	buf_done(&i->cert);
	buf_done(&i->spki);
}

void
token_problem(struct token *t, const char *fmt, ...)
{
	char text[2 * TOKEN_PROBLEM_MAX];
	va_list ap;

	if (t->problems_n >= TOKEN_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	label_clean(
	    span_str(text), t->problems[t->problems_n++], TOKEN_PROBLEM_MAX);
}

const struct token_item *
token_find(const struct token *t, uint8_t slot)
{
	for (size_t i = 0; i < t->items_n; i++)
		if (t->items[i].slot == slot)
			return &t->items[i];
	return NULL;
}

static void
put_item(struct buf *b, const struct token_item *i)
{
	buf_put_u8(b, i->slot);
	msg_put_str(b, i->label_cert);
	msg_put_str(b, i->label_key);
	msg_put_bytes(b, SPAN_OF(i->pkhh));
	buf_put_u8(b, i->alg);
	buf_put_u16(b, i->bits);
	buf_put_u8(b, i->flags);
	buf_put_u8(b, i->pin);
	msg_put_bytes(b, buf_span(&i->cert));
	msg_put_bytes(b, buf_span(&i->spki));
}

void
token_put(struct buf *b, const struct token *t)
{
	buf_put_u64(b, t->insertion);
	msg_put_str(b, t->id);
	msg_put_str(b, t->reader);
	msg_put_str(b, t->driver);
	msg_put_bytes(b, span_from(t->atr, t->atr_n));
	buf_put_u8(b, t->flags);
	buf_put_u8(b, t->pin_min);
	buf_put_u8(b, t->pin_max);
	buf_put_u16(b, (uint16_t)t->items_n);
	for (size_t i = 0; i < t->items_n; i++)
		put_item(b, &t->items[i]);
	buf_put_u16(b, (uint16_t)t->problems_n);
	for (size_t i = 0; i < t->problems_n; i++)
		msg_put_str(b, t->problems[i]);
}

static err_t
check_item(struct span *in)
{
	char text[TOKEN_LABEL_MAX];
	struct span bytes;
	uint8_t u8;
	uint16_t u16;
	err_t e;

	if ((e = span_u8(in, &u8)) ||
	    (e = msg_get_str(in, text, sizeof(text))) ||
	    (e = msg_get_str(in, text, sizeof(text))) ||
	    (e = msg_get_bytes(in, 20, &bytes)))
		return e;
	if (bytes.n != 20)
		return ERR_FORMAT;
	if ((e = span_u8(in, &u8)) || (e = span_u16(in, &u16)) ||
	    (e = span_u8(in, &u8)) || (e = span_u8(in, &u8)))
		return e;
	if (u8 > PIN_POLICY_ALWAYS)
		return ERR_FORMAT;
	if ((e = msg_get_bytes(in, TOKEN_CERT_MAX, &bytes)))
		return e;
	return msg_get_bytes(in, TOKEN_SPKI_MAX, &bytes);
}

static err_t
check_head(struct span *in, uint64_t *insertion)
{
	char id[TOKEN_ID_MAX], reader[TOKEN_READER_MAX];
	char driver[TOKEN_DRIVER_MAX];
	struct span atr, rest;
	err_t e;

	if ((e = span_u64(in, insertion)) ||
	    (e = msg_get_str(in, id, sizeof(id))) ||
	    (e = msg_get_str(in, reader, sizeof(reader))) ||
	    (e = msg_get_str(in, driver, sizeof(driver))) ||
	    (e = msg_get_bytes(in, TOKEN_ATR_MAX, &atr)))
		return e;
	if ((e = span_take(in, 3, &rest))) /* flags, pin_min, pin_max */
		return e;
	return id[0] != '\0' && rest.p[1] <= rest.p[2] ? ERR_OK : ERR_FORMAT;
}

err_t
token_check(struct span *in, struct span *whole, uint64_t *insertion)
{
	char text[TOKEN_PROBLEM_MAX];
	struct span s = *in;
	uint64_t said;
	uint16_t n;
	err_t e;

	if ((e = check_head(&s, &said)) || (e = span_u16(&s, &n)))
		return e;
	if (n > TOKEN_ITEMS_MAX)
		return ERR_LIMIT;
	for (; n > 0; n--)
		if ((e = check_item(&s)))
			return e;
	if ((e = span_u16(&s, &n)))
		return e;
	if (n > TOKEN_PROBLEMS_MAX)
		return ERR_LIMIT;
	for (; n > 0; n--)
		if ((e = msg_get_str(&s, text, sizeof(text))))
			return e;
	*whole = span_from(in->p, in->n - s.n);
	*insertion = said;
	*in = s;
	return ERR_OK;
}
