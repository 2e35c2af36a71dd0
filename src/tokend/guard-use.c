/* SPDX-License-Identifier: BSD-2-Clause */
/* Using a private key: as a session, for a login, and to see what it allows. */
#include <openssl/rand.h>
#include <string.h>

#include "card/piv/alg.h"
#include "tokend/guard-core.h"

typedef err_t (*use_fn)(
    void *self, const struct token_use *use, struct buf *out, struct why *why);

static use_fn
operation(const struct token_driver *drv, enum guard_op op, uint8_t *flag)
{
	switch (op) {
	case GUARD_SIGN:
		*flag = ITEM_SIGN;
		return drv->sign;
	case GUARD_DECRYPT:
		*flag = ITEM_DECRYPT;
		return drv->decrypt;
	case GUARD_DERIVE:
		*flag = ITEM_DERIVE;
		return drv->derive;
	}
	return NULL;
}

#define LOST "the card has lost its power, or is another one"

/*
 * The operation itself. What the card refuses may be all that is heard of a
 * loss of power: the PIN is not presented after it, but by a person.
 */
static err_t
carry_out(struct guard *g, enum guard_op op, const struct token_use *use,
    struct guard_answer *a)
{
	bool session = g->owner != 0 && g->owner != OWNER_ONCE;
	uint8_t flag = 0;
	use_fn fn = operation(g->drv, op, &flag);
	err_t e;

	e = guard_failed(g, fn(g->self, use, &a->out, &a->why));
	if (e == ERR_OK || g->dead || g->must_reset)
		return e;
	if (!guard_kept(g))
		return session
		    ? why_add(&a->why, ERR_PIN_NEEDED, LOST ": log in again")
		    : why_add(&a->why, ERR_CARD, LOST);
	if (e == ERR_PIN_NEEDED) {
		g->owner = 0;
		return why_add(&a->why, ERR_CARD,
		    "the card does not allow this use of slot %02X",
		    use->item->slot);
	}
	return e;
}

static err_t
allowed(const struct token_driver *drv, enum guard_op op,
    const struct token_use *use, struct why *why)
{
	uint8_t flag = 0;

	if (operation(drv, op, &flag) == NULL ||
	    (use->item->flags & ITEM_KEY) == 0 ||
	    (use->item->flags & flag) == 0)
		return why_add(why, ERR_UNSUPPORTED,
		    "the key in slot %02X is not for that", use->item->slot);
	return ERR_OK;
}

/*
 * Take back what a session had: present once the PIN that this card accepted
 * from it. Nobody said yes to anything here, so never as the last try.
 */
static err_t
restore(struct guard *g, uint64_t session, struct guard_answer *a)
{
	struct guard_ask ask = { .session = session };
	const struct secret *pin = sessions_pin(&g->sessions, session);
	err_t e;

	if (pin == NULL)
		return why_add(
		    &a->why, ERR_PIN_NEEDED, "nobody is logged in here");
	if (g->owner == session)
		return ERR_OK;
	e = guard_present(g, &ask, pin, session, a);
	if (e == ERR_OK)
		return ERR_OK;
	sessions_end(&g->sessions, session);
	if (e == ERR_PIN_WRONG || e == ERR_PIN_BLOCKED || e == ERR_DENIED)
		e = ERR_PIN_NEEDED;
	return why_add(&a->why, e, "the session has ended: log in again");
}

/* For this one use (9C): a wrong PIN also ends the session it came from. */
static err_t
present_once(struct guard *g, const struct guard_ask *ask,
    const struct secret *pin, struct guard_answer *a)
{
	bool in = sessions_pin(&g->sessions, ask->session) != NULL;
	err_t e;

	e = guard_present(g, ask, pin, in ? ask->session : OWNER_ONCE, a);
	if (e != ERR_OK)
		sessions_end(&g->sessions, ask->session);
	return e;
}

/* What can be refused before the card is taken from anybody. */
static err_t
ready(struct guard *g, const struct guard_ask *ask, const struct token_use *use,
    const struct secret *pin, struct guard_answer *a)
{
	switch ((enum token_pin_policy)use->item->pin) {
	case PIN_POLICY_NEVER:
		return ERR_OK;
	case PIN_POLICY_ONCE:
		if (sessions_pin(&g->sessions, ask->session) != NULL)
			return ERR_OK;
		return why_add(
		    &a->why, ERR_PIN_NEEDED, "nobody is logged in here");
	case PIN_POLICY_ALWAYS:
		if (pin != NULL)
			return guard_sendable(g, pin, a);
		return why_add(&a->why, ERR_PIN_NEEDED,
		    "slot %02X wants the PIN for each use", use->item->slot);
	}
	return why_add(&a->why, ERR_UNSUPPORTED, "unknown PIN policy");
}

err_t
guard_use(struct guard *g, const struct guard_ask *ask, enum guard_op op,
    const struct token_use *use, const struct secret *pin,
    struct guard_answer *a)
{
	bool always = use->item->pin == PIN_POLICY_ALWAYS;
	bool once = use->item->pin == PIN_POLICY_ONCE;
	err_t e;

	if ((e = allowed(g->drv, op, use, &a->why)) ||
	    (e = ready(g, ask, use, pin, a)))
		return e;
	if ((e = guard_take(g, 0, &a->why)))
		return e;
	if (once && (e = restore(g, ask->session, a)))
		return e;
	if (always && (e = present_once(g, ask, pin, a)))
		return e;
	return carry_out(g, op, use, a);
}

/* APDUs since `before`, as the reader service counts; 0: it does not. */
static uint16_t
apdus_since(struct guard *g, bool counted, uint64_t before)
{
	uint64_t now = 0;

	if (!counted || card_count(g->card, &now) != ERR_OK || now < before ||
	    now - before >= GUARD_APDUS_UNKNOWN)
		return GUARD_APDUS_UNKNOWN;
	return (uint16_t)(now - before);
}

err_t
guard_verify_sign(struct guard *g, const struct guard_ask *ask,
    const struct token_use *use, const struct secret *pin,
    struct guard_answer *a)
{
	uint64_t before = 0;
	bool counted;
	err_t e;

	if ((e = allowed(g->drv, GUARD_SIGN, use, &a->why)) ||
	    (e = guard_sendable(g, pin, a)))
		return e;
	counted = card_count(g->card, &before) == ERR_OK;
	if ((e = guard_take(g, CARD_HOLD_TAKE, &a->why)) ||
	    (e = guard_present(g, ask, pin, OWNER_ONCE, a)) ||
	    (e = carry_out(g, GUARD_SIGN, use, a)))
		return e;
	a->apdus = apdus_since(g, counted, before);
	return ERR_OK;
}

/* SHA-256's DigestInfo (RFC 8017, 9.2, note 1) with a random digest. */
static err_t
random_request(
    const struct token_item *item, uint8_t out[51], struct token_use *use)
{
	static const uint8_t info[19] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20 };
	bool rsa = piv_alg_is_rsa(item->alg);

	memcpy(out, info, sizeof(info));
	if (RAND_bytes(out + sizeof(info), 32) != 1)
		return ERR_IO;
	*use = (struct token_use){ .item = item,
		.mech = rsa ? MECH_RSA_PKCS1 : MECH_ECDSA,
		.data = rsa ? span_from(out, 51)
			    : span_from(out + sizeof(info), 32) };
	return ERR_OK;
}

err_t
guard_probe(struct guard *g, const struct token_item *item, bool *signs,
    struct guard_answer *a)
{
	uint8_t request[51];
	struct token_use use;
	err_t e;

	if ((e = random_request(item, request, &use)) ||
	    (e = allowed(g->drv, GUARD_SIGN, &use, &a->why)) ||
	    (e = guard_take(g, 0, &a->why)) || (e = guard_clear(g, &a->why)))
		return e;
	e = g->drv->sign(g->self, &use, &a->out, &a->why);
	buf_reset(&a->out);
	if (e != ERR_OK && e != ERR_PIN_NEEDED)
		return guard_failed(g, e);
	*signs = e == ERR_OK;
	return ERR_OK;
}
