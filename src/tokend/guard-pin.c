/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging in and out, a new PIN, an unblocked one. */
#include "tokend/guard-core.h"

#define FORM_PIN \
	"the PIN must have %u to %u digits; it was not sent to the card"
#define FORM_PUK "this cannot be a PUK; it was not sent to the card"
#define AGAIN                                                               \
	"the card has refused this one before; it is not sent again while " \
	"the "                                                              \
	"card is in the reader"

/* A PIN that can be sent: of the right form, and not refused before. */
err_t
guard_sendable(
    struct guard *g, const struct secret *pin, struct guard_answer *a)
{
	if (!g->drv->pin_ok(pin))
		return why_add(&a->why, ERR_PIN_FORM, FORM_PIN, g->drv->pin_min,
		    g->drv->pin_max);
	if (!memory_has(g->memory, MEMORY_PINS, pin))
		return ERR_OK;
	if (g->tries_known)
		a->tries = g->tries;
	return why_add(&a->why, ERR_PIN_WRONG, AGAIN);
}

err_t
guard_presents(struct guard *g, enum memory_of kind, const struct secret *s,
    unsigned int tries, struct guard_answer *a)
{
	if (memory_has(g->memory, kind, s))
		return why_add(&a->why, ERR_PIN_WRONG, AGAIN);
	return memory_presents(g->memory, kind, s, tries);
}

/* Whatever is neither yes nor no leaves it in doubt. */
void
guard_presented(struct guard *g, err_t e)
{
	if (e == ERR_OK || e == ERR_PIN_WRONG || e == ERR_PIN_BLOCKED) {
		memory_answered(g->memory, e != ERR_OK);
	} else {
		memory_unanswered(g->memory);
		g->tries_known = false;
	}
}

err_t
guard_login(struct guard *g, const struct guard_ask *ask,
    const struct secret *pin, struct guard_answer *a)
{
	err_t e;

	if (!sessions_room(&g->sessions, ask->session))
		return why_add(
		    &a->why, ERR_LIMIT, "too many sessions with this card");
	if ((e = guard_sendable(g, pin, a)))
		return e;
	if ((e = guard_take(g, 0, &a->why)) == ERR_OK)
		e = guard_present(g, ask, pin, ask->session, a);
	if (e == ERR_OK)
		e = sessions_put(&g->sessions, ask->session, pin);
	if (e != ERR_OK)
		sessions_end(&g->sessions, ask->session);
	return e;
}

void
guard_logout(struct guard *g, uint64_t session)
{
	sessions_end(&g->sessions, session);
}

/* After a new PIN: no other session's is right any more. */
static err_t
changed(struct guard *g, const struct guard_ask *ask, const struct secret *pin)
{
	bool logged_in = sessions_pin(&g->sessions, ask->session) != NULL;

	sessions_end_all(&g->sessions);
	memory_forget(g->memory, MEMORY_PINS);
	return logged_in ? sessions_put(&g->sessions, ask->session, pin)
			 : ERR_OK;
}

err_t
guard_change_pin(struct guard *g, const struct guard_ask *ask,
    const struct secret *old, const struct secret *pin, struct guard_answer *a)
{
	unsigned int left = TOKEN_TRIES_UNKNOWN;
	err_t e;

	if ((e = guard_sendable(g, old, a)))
		return e;
	if (!g->drv->pin_ok(pin))
		return why_add(&a->why, ERR_PIN_FORM, FORM_PIN, g->drv->pin_min,
		    g->drv->pin_max);
	if ((e = guard_take(g, 0, &a->why)) ||
	    (e = guard_may_try(g, ask->last_try_ok, a)) ||
	    (e = guard_presents(g, MEMORY_PINS, old, g->tries, a)))
		return e;
	g->owner = 0;
	g->dirty = true;
	e = g->drv->change_pin(g->self, old, pin, &left, &a->why);
	guard_presented(g, e);
	g->tries_known = false;
	a->tries = left;
	if (e == ERR_OK)
		return changed(g, ask, pin);
	if (e == ERR_PIN_WRONG || e == ERR_PIN_BLOCKED)
		sessions_end(&g->sessions, ask->session);
	return guard_failed(g, e);
}

err_t
guard_unblock(struct guard *g, const struct guard_ask *ask,
    const struct secret *puk, const struct secret *pin, struct guard_answer *a)
{
	unsigned int left = TOKEN_TRIES_UNKNOWN;
	err_t e;

	if (!g->drv->puk_ok(puk))
		return why_add(&a->why, ERR_PIN_FORM, FORM_PUK);
	if (!g->drv->pin_ok(pin))
		return why_add(&a->why, ERR_PIN_FORM, FORM_PIN, g->drv->pin_min,
		    g->drv->pin_max);
	if (memory_has(g->memory, MEMORY_PUKS, puk))
		return why_add(&a->why, ERR_PIN_WRONG, AGAIN);
	/* a worker before this one may have heard of fewer */
	if (ask->puk_known && ask->puk_tries < g->puk_tries)
		g->puk_tries = ask->puk_tries;
	if (g->puk_tries <= 1 && !ask->last_try_ok)
		return why_add(&a->why, ERR_DENIED,
		    "only one try of the PUK is left; it is not spent without "
		    "a yes");
	if ((e = guard_take(g, 0, &a->why)) ||
	    (e = guard_presents(g, MEMORY_PUKS, puk, g->puk_tries, a)))
		return e;
	g->owner = 0;
	g->dirty = true;
	e = g->drv->unblock(g->self, puk, pin, &left, &a->why);
	guard_presented(g, e);
	g->tries_known = false;
	g->puk_tries = left;
	a->tries = left;
	if (e != ERR_OK)
		return guard_failed(g, e);
	sessions_end_all(&g->sessions);
	memory_forget(g->memory, MEMORY_PINS);
	return ERR_OK;
}
