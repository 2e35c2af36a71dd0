/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/request.h"

#include "ipc/token-proto.h"
#include "tokend/worker-proto.h"

#define DATA_MAX 1024 /* a block of RSA 4096, a point, a DigestInfo */

struct request {
	struct guard *g;
	const struct token *t;
	struct guard_ask ask;
	struct span body; /* what is left to read */
	const struct secret *secret;
	struct guard_answer a;
	struct buf *ok; /* what follows ERR_OK in the answer */
};

static err_t
malformed(struct request *r)
{
	return why_add(&r->a.why, ERR_FORMAT, "malformed request");
}

/* The end of every body. */
static err_t
end(struct request *r)
{
	return span_end(r->body) == ERR_OK ? ERR_OK : malformed(r);
}

/* slot, mech, data */
static err_t
take_use(struct request *r, struct token_use *use)
{
	uint8_t slot;

	*use = (struct token_use){ 0 };
	if (span_u8(&r->body, &slot) != ERR_OK ||
	    span_u8(&r->body, &use->mech) != ERR_OK ||
	    msg_get_bytes(&r->body, DATA_MAX, &use->data) != ERR_OK)
		return malformed(r);
	use->item = token_find(r->t, slot);
	if (use->item == NULL)
		return why_add(&r->a.why, ERR_ABSENT,
		    "the card has no key in slot %02X", slot);
	return ERR_OK;
}

static err_t
put_result(struct request *r, err_t e)
{
	if (e == ERR_OK)
		msg_put_bytes(r->ok, buf_span(&r->a.out));
	return e;
}

static err_t
on_tries(struct request *r)
{
	err_t e;

	if ((e = end(r)) || (e = guard_tries(r->g, &r->ask, &r->a)))
		return e;
	buf_put_u8(r->ok, (uint8_t)r->a.tries);
	return ERR_OK;
}

static err_t
on_login(struct request *r)
{
	err_t e;

	if ((e = end(r)))
		return e;
	return guard_login(r->g, &r->ask, r->secret, &r->a);
}

static err_t
on_logout(struct request *r)
{
	err_t e;

	if ((e = end(r)))
		return e;
	guard_logout(r->g, r->ask.session);
	return ERR_OK;
}

static err_t
use_key(struct request *r, enum guard_op op)
{
	struct token_use use;
	err_t e;

	if ((e = take_use(r, &use)) || (e = end(r)))
		return e;
	return put_result(
	    r, guard_use(r->g, &r->ask, op, &use, r->secret, &r->a));
}

static err_t
on_sign(struct request *r)
{
	return use_key(r, GUARD_SIGN);
}

static err_t
on_decrypt(struct request *r)
{
	return use_key(r, GUARD_DECRYPT);
}

static err_t
on_derive(struct request *r)
{
	return use_key(r, GUARD_DERIVE);
}

/* Two secrets travel as one; the body says where the first ends. */
static err_t
take_two(struct request *r, struct secret **first, struct secret **second)
{
	struct span all = secret_span(r->secret), one;
	uint8_t n;

	if (span_u8(&r->body, &n) != ERR_OK || end(r) != ERR_OK)
		return malformed(r);
	if (span_take(&all, n, &one) != ERR_OK || one.n == 0 || all.n == 0)
		return why_add(&r->a.why, ERR_PIN_FORM,
		    "there must be an old and a new secret");
	if (secret_from(one, first) != ERR_OK ||
	    secret_from(all, second) != ERR_OK)
		return ERR_NOMEM;
	return ERR_OK;
}

static err_t
on_change_pin(struct request *r)
{
	CLEANUP(secret_free) struct secret *old = NULL, *pin = NULL;
	err_t e;

	if ((e = take_two(r, &old, &pin)))
		return e;
	return guard_change_pin(r->g, &r->ask, old, pin, &r->a);
}

static err_t
on_unblock(struct request *r)
{
	CLEANUP(secret_free) struct secret *puk = NULL, *pin = NULL;
	err_t e;

	if ((e = take_two(r, &puk, &pin)))
		return e;
	return guard_unblock(r->g, &r->ask, puk, pin, &r->a);
}

static err_t
on_verify_sign(struct request *r)
{
	struct token_use use;
	uint8_t last;
	err_t e;

	if ((e = take_use(r, &use)))
		return e;
	if (span_u8(&r->body, &last) != ERR_OK || last > 1)
		return malformed(r);
	if ((e = end(r)))
		return e;
	r->ask.last_try_ok = last == 1;
	e = put_result(
	    r, guard_verify_sign(r->g, &r->ask, &use, r->secret, &r->a));
	if (e == ERR_OK)
		buf_put_u16(r->ok, r->a.apdus);
	return e;
}

static err_t
on_probe(struct request *r)
{
	const struct token_item *item;
	bool signs = true;
	uint8_t slot;
	err_t e;

	if (span_u8(&r->body, &slot) != ERR_OK || end(r) != ERR_OK)
		return malformed(r);
	if ((item = token_find(r->t, slot)) == NULL)
		return why_add(&r->a.why, ERR_ABSENT,
		    "the card has no key in slot %02X", slot);
	if ((e = guard_probe(r->g, item, &signs, &r->a)))
		return e;
	buf_put_u8(r->ok, signs ? 1 : 0);
	return ERR_OK;
}

/* No row, no service. */
/* clang-format off */
static const struct {
	uint16_t type;
	err_t (*fn)(struct request *r);
} requests[] = {
	{ TOK_TRIES,       on_tries },
	{ TOK_LOGIN,       on_login },
	{ TOK_LOGOUT,      on_logout },
	{ TOK_SIGN,        on_sign },
	{ TOK_DECRYPT,     on_decrypt },
	{ TOK_DERIVE,      on_derive },
	{ TOK_CHANGE_PIN,  on_change_pin },
	{ TOK_UNBLOCK,     on_unblock },
	{ TOK_VERIFY_SIGN, on_verify_sign },
	{ TOK_PROBE,       on_probe },
};
/* clang-format on */

static err_t
dispatch(struct request *r, uint16_t type)
{
	uint64_t insertion;
	uint8_t flags;

	if (span_u64(&r->body, &r->ask.session) != ERR_OK ||
	    span_u8(&r->body, &flags) != ERR_OK ||
	    span_u8(&r->body, &r->ask.puk_tries) != ERR_OK ||
	    span_u64(&r->body, &insertion) != ERR_OK || r->ask.session == 0 ||
	    r->ask.session == UINT64_MAX)
		return malformed(r);
	if (insertion != r->t->insertion)
		return why_add(&r->a.why, ERR_REMOVED, "another card");
	r->ask.puk_known = r->ask.puk_tries != TOKEN_TRIES_UNKNOWN;
	r->ask.last_try_ok = (flags & ASK_LAST_TRY) != 0;
	r->ask.login = (flags & ASK_LOGIN) != 0;
	for (size_t i = 0; i < nitems(requests); i++)
		if (requests[i].type == type)
			return requests[i].fn(r);
	return why_add(&r->a.why, ERR_UNSUPPORTED, "unknown request");
}

err_t
request_handle(struct guard *g, const struct token *t, const struct msg *in,
    struct msg *answer)
{
	CLEANUP(buf_done) struct buf ok = BUF_INIT(MSG_BODY_MAX);
	struct request r = { .g = g,
		.t = t,
		.body = buf_span(&in->body),
		.secret = in->secret,
		.ok = &ok };
	err_t e;

	guard_answer_init(&r.a);
	e = dispatch(&r, in->type);
	if (e == ERR_OK)
		e = buf_status(&ok);
	answer->type = TOK_ANSWER;
	buf_put_u16(&answer->body, (uint16_t)e);
	if (e == ERR_OK) {
		buf_put(&answer->body, buf_span(&ok));
	} else {
		msg_put_str(&answer->body, why_text(&r.a.why, e));
		buf_put_u8(&answer->body, (uint8_t)r.a.tries);
	}
	guard_answer_done(&r.a);
	return buf_status(&answer->body);
}
