/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs/scs.h: PINs and private keys. Each function sends one request, once; a
 * secret is in the caller's memory and in a struct secret, and nowhere else.
 */
#include <string.h>

#include "ipc/token-proto.h"
#include "keychain/alone.h"
#include "keychain/link.h"
#include "keychain/result.h"

#define CARD_MS 90000 /* a queue, a slow key, a person at a PIN pad */

/* What is asked, filled by the public functions. */
struct request {
	uint16_t type;
	uint64_t insertion;
	unsigned int slot; /* of the key that is used */
	struct buf *body; /* what follows the insertion; NULL: nothing */
	struct scs_bytes first, second; /* secrets, one after the other */
};

static err_t
pack_secret(const struct request *r, struct secret **out)
{
	size_t n = r->first.n + r->second.n;
	err_t e;

	if ((r->first.p == NULL && r->first.n > 0) ||
	    (r->second.p == NULL && r->second.n > 0))
		return ERR_FORMAT;
	if (r->first.n > MSG_SECRET_MAX || n > MSG_SECRET_MAX)
		return ERR_PIN_FORM;
	if (n == 0)
		return ERR_OK;
	if ((e = secret_new(n, out)))
		return e;
	if (r->first.n > 0)
		memcpy(secret_bytes(*out), r->first.p, r->first.n);
	if (r->second.n > 0)
		memcpy(
		    secret_bytes(*out) + r->first.n, r->second.p, r->second.n);
	return ERR_OK;
}

/* Of a key that was not listed by this connection the worst is taken. */
static bool
always_asks(const struct scs *s, uint64_t insertion, unsigned int slot)
{
	const struct scs_token *t;

	for (size_t i = 0; i < s->tokens.n; i++) {
		t = &s->tokens.all[i];
		for (size_t k = 0; t->insertion == insertion && k < t->items_n;
		     k++)
			if (t->items[k].slot == slot)
				return t->items[k].pin == SCS_PIN_ALWAYS;
	}
	return true;
}

/* Does a PIN or PUK go to the card, from here or from a PIN pad? */
static bool
presents(const struct scs *s, const struct request *r)
{
	if (r->first.n > 0 || r->second.n > 0)
		return true;
	switch (r->type) {
	case TOK_LOGIN:
	case TOK_CHANGE_PIN:
	case TOK_UNBLOCK:
		return true;
	case TOK_SIGN:
	case TOK_DECRYPT:
	case TOK_DERIVE:
		return always_asks(s, r->insertion, r->slot);
	default:
		return false;
	}
}

static err_t
ask(struct scs *s, const struct request *r, struct link_answer *a)
{
	CLEANUP(msg_done) struct msg q = { 0 };
	uint64_t deadline = link_deadline(s, CARD_MS);
	err_t e;

	msg_init(&q, r->type);
	buf_put_u64(&q.body, r->insertion);
	if (r->body != NULL) {
		if ((e = buf_status(r->body)))
			return e;
		buf_put(&q.body, buf_span(r->body));
	}
	s->why = (struct why){ 0 };
	if ((e = pack_secret(r, &q.secret)))
		return e;
	if (presents(s, r) && (e = alone_now(s, r->insertion, deadline)))
		return e;
	return link_ask(s, &q, deadline, a);
}

/* For requests whose answer is a result and nothing else. */
static int
ask_plain(struct scs *s, const struct request *r, int *tries)
{
	CLEANUP(link_answer_done)
	struct link_answer a = { .tries = LINK_TRIES_UNKNOWN };
	err_t e;

	if (s == NULL)
		return SCS_INVALID;
	e = ask(s, r, &a);
	if (e == ERR_OK && (e = span_end(a.body)))
		(void)why_add(&s->why, e, "the answer is too long");
	else if (tries != NULL && (e == ERR_PIN_WRONG || a.tries >= 0))
		*tries = a.tries;
	return result_from_err(e);
}

int
scs_tries(struct scs *s, uint64_t insertion, int *tries)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	struct request r = { .type = TOK_TRIES, .insertion = insertion };
	uint8_t left = 0;
	err_t e;

	if (s == NULL || tries == NULL)
		return SCS_INVALID;
	if ((e = ask(s, &r, &a)) == ERR_OK &&
	    ((e = span_u8(&a.body, &left)) || (e = span_end(a.body))))
		(void)why_add(&s->why, e, "the answer makes no sense");
	if (e == ERR_OK)
		*tries = left == TOKEN_TRIES_UNKNOWN ? -1 : left;
	return result_from_err(e);
}

int
scs_login(struct scs *s, uint64_t insertion, struct scs_bytes pin, int *tries)
{
	struct request r = {
		.type = TOK_LOGIN, .insertion = insertion, .first = pin
	};

	return ask_plain(s, &r, tries);
}

int
scs_logout(struct scs *s, uint64_t insertion)
{
	struct request r = { .type = TOK_LOGOUT, .insertion = insertion };

	return ask_plain(s, &r, NULL);
}

static int
two_secrets(struct scs *s, struct request *r, int *tries)
{
	CLEANUP(buf_done) struct buf body = BUF_INIT(1);

	if (r->first.n > MSG_SECRET_MAX)
		return SCS_PIN_FORM;
	buf_put_u8(&body, (uint8_t)r->first.n);
	r->body = &body;
	return ask_plain(s, r, tries);
}

int
scs_change_pin(struct scs *s, uint64_t insertion, struct scs_bytes old,
    struct scs_bytes pin, int *tries)
{
	struct request r = { .type = TOK_CHANGE_PIN,
		.insertion = insertion,
		.first = old,
		.second = pin };

	return two_secrets(s, &r, tries);
}

int
scs_unblock(struct scs *s, uint64_t insertion, struct scs_bytes puk,
    struct scs_bytes pin, int *tries)
{
	struct request r = { .type = TOK_UNBLOCK,
		.insertion = insertion,
		.first = puk,
		.second = pin };

	return two_secrets(s, &r, tries);
}

static err_t
copy_out(struct scs *s, struct span in, struct scs_answer *out)
{
	struct span bytes;
	err_t e;

	if ((e = msg_get_bytes(&in, SCS_RESULT_MAX, &bytes)) ||
	    (e = span_end(in)))
		return why_add(&s->why, e, "the answer makes no sense");
	out->len = bytes.n;
	if (bytes.n > out->cap)
		return why_add(&s->why, ERR_LIMIT,
		    "the answer has %zu bytes, there is room for %zu", bytes.n,
		    out->cap);
	if (bytes.n > 0)
		memcpy(out->p, bytes.p, bytes.n);
	return ERR_OK;
}

/* What is to be done with a key, besides the PIN for it. */
struct key_use {
	uint16_t type;
	const struct scs_key *key;
	unsigned int mech;
	struct scs_bytes data;
};

static int
use_key(struct scs *s, const struct key_use *k, struct scs_bytes pin,
    struct scs_answer *out)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	CLEANUP(buf_done) struct buf body = BUF_INIT(MSG_BODY_MAX - 8);
	struct request r = { .type = k->type, .body = &body, .first = pin };
	err_t e;

	if (s == NULL || k->key == NULL || out == NULL || out->p == NULL ||
	    k->key->slot > UINT8_MAX || k->mech > UINT8_MAX ||
	    (k->data.p == NULL && k->data.n > 0))
		return SCS_INVALID;
	r.insertion = k->key->insertion;
	r.slot = k->key->slot;
	buf_put_u8(&body, (uint8_t)k->key->slot);
	buf_put_u8(&body, (uint8_t)k->mech);
	msg_put_bytes(&body, span_from(k->data.p, k->data.n));
	if ((e = ask(s, &r, &a)) == ERR_OK)
		e = copy_out(s, a.body, out);
	return result_from_err(e);
}

int
scs_sign(struct scs *s, const struct scs_key *key, unsigned int mech,
    struct scs_bytes data, struct scs_bytes pin, struct scs_answer *out)
{
	struct key_use k = { TOK_SIGN, key, mech, data };

	return use_key(s, &k, pin, out);
}

int
scs_decrypt(struct scs *s, const struct scs_key *key, struct scs_bytes block,
    struct scs_bytes pin, struct scs_answer *out)
{
	struct key_use k = { TOK_DECRYPT, key, MECH_RSA_RAW, block };

	return use_key(s, &k, pin, out);
}

int
scs_derive(struct scs *s, const struct scs_key *key, struct scs_bytes point,
    struct scs_bytes pin, struct scs_answer *out)
{
	struct key_use k = { TOK_DERIVE, key, 0, point };

	return use_key(s, &k, pin, out);
}
