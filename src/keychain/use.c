/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs/scs.h: PINs and private keys. Each function sends one request, once; a
 * secret is in the caller's memory and in a struct secret, and nowhere else.
 */
#include <string.h>

#include "ipc/token-proto.h"
#include "keychain/link.h"
#include "keychain/result.h"

#define CARD_MS 90000 /* a queue, a slow key, a person at a PIN pad */

struct text {
	const char *p; /* borrowed; NULL when n is 0 */
	size_t n;
};

/* What is asked, filled by the public functions. */
struct request {
	uint16_t type;
	uint64_t insertion;
	struct buf *body; /* what follows the insertion; NULL: nothing */
	struct text first, second; /* secrets, sent one after the other */
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

static err_t
ask(struct scs *s, const struct request *r, struct link_answer *a)
{
	CLEANUP(msg_done) struct msg q = { 0 };
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
	return link_ask(s, &q, CARD_MS, a);
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
scs_login(
    struct scs *s, uint64_t insertion, const char *pin, size_t n, int *tries)
{
	struct request r = {
		.type = TOK_LOGIN, .insertion = insertion, .first = { pin, n }
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
scs_change_pin(struct scs *s, uint64_t insertion, const char *old, size_t old_n,
    const char *pin, size_t pin_n, int *tries)
{
	struct request r = { .type = TOK_CHANGE_PIN,
		.insertion = insertion,
		.first = { old, old_n },
		.second = { pin, pin_n } };

	return two_secrets(s, &r, tries);
}

int
scs_unblock(struct scs *s, uint64_t insertion, const char *puk, size_t puk_n,
    const char *pin, size_t pin_n, int *tries)
{
	struct request r = { .type = TOK_UNBLOCK,
		.insertion = insertion,
		.first = { puk, puk_n },
		.second = { pin, pin_n } };

	return two_secrets(s, &r, tries);
}

/* Where a key's answer goes. */
struct result {
	uint8_t *out; /* borrowed */
	size_t cap;
	size_t *len; /* borrowed */
};

static err_t
copy_out(struct scs *s, struct span in, const struct result *res)
{
	struct span bytes;
	err_t e;

	if ((e = msg_get_bytes(&in, SCS_RESULT_MAX, &bytes)) ||
	    (e = span_end(in)))
		return why_add(&s->why, e, "the answer makes no sense");
	*res->len = bytes.n;
	if (bytes.n > res->cap)
		return why_add(&s->why, ERR_LIMIT,
		    "the answer has %zu bytes, there is room for %zu", bytes.n,
		    res->cap);
	if (bytes.n > 0)
		memcpy(res->out, bytes.p, bytes.n);
	return ERR_OK;
}

struct key_use {
	unsigned int slot, mech;
	struct span data;
};

static int
use_key(struct scs *s, struct request *r, const struct key_use *k,
    const struct result *res)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	CLEANUP(buf_done) struct buf body = BUF_INIT(MSG_BODY_MAX - 8);
	err_t e;

	if (s == NULL || res->out == NULL || res->len == NULL ||
	    k->slot > UINT8_MAX || k->mech > UINT8_MAX ||
	    (k->data.p == NULL && k->data.n > 0))
		return SCS_INVALID;
	buf_put_u8(&body, (uint8_t)k->slot);
	buf_put_u8(&body, (uint8_t)k->mech);
	msg_put_bytes(&body, k->data);
	r->body = &body;
	if ((e = ask(s, r, &a)) == ERR_OK)
		e = copy_out(s, a.body, res);
	return result_from_err(e);
}

int
scs_sign(struct scs *s, uint64_t insertion, unsigned int slot,
    unsigned int mech, const uint8_t *data, size_t n, const char *pin,
    size_t pin_n, uint8_t *out, size_t cap, size_t *out_len)
{
	struct request r = { .type = TOK_SIGN,
		.insertion = insertion,
		.first = { pin, pin_n } };
	struct key_use k = { slot, mech, span_from(data, n) };
	struct result res = { out, cap, out_len };

	return use_key(s, &r, &k, &res);
}

int
scs_decrypt(struct scs *s, uint64_t insertion, unsigned int slot,
    const uint8_t *data, size_t n, uint8_t *out, size_t cap, size_t *out_len)
{
	struct request r = { .type = TOK_DECRYPT, .insertion = insertion };
	struct key_use k = { slot, MECH_RSA_RAW, span_from(data, n) };
	struct result res = { out, cap, out_len };

	return use_key(s, &r, &k, &res);
}

int
scs_derive(struct scs *s, uint64_t insertion, unsigned int slot,
    const uint8_t *point, size_t n, uint8_t *out, size_t cap, size_t *out_len)
{
	struct request r = { .type = TOK_DERIVE, .insertion = insertion };
	struct key_use k = { slot, 0, span_from(point, n) };
	struct result res = { out, cap, out_len };

	return use_key(s, &r, &k, &res);
}
