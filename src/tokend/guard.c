/* SPDX-License-Identifier: BSD-2-Clause */
/* Holding the card, the security status, and giving the card back. */
#include "tokend/guard.h"

#include <stdio.h>
#include <stdlib.h>

#include "tokend/guard-core.h"

#define READ_MS 60000 /* reading a whole card */

void
guard_answer_init(struct guard_answer *a)
{
	*a = (struct guard_answer){ .tries = TOKEN_TRIES_UNKNOWN,
		.apdus = GUARD_APDUS_UNKNOWN };
	buf_init(&a->out, GUARD_RESULT_MAX);
}

void
guard_answer_done(struct guard_answer *a)
{
	buf_done(&a->out);
}

bool
guard_holding(const struct guard *g)
{
	return g->held;
}

err_t
guard_remember(struct guard *g, const struct secret *key, struct span bytes)
{
	g->tries_known = false; /* asking for them ends a doubt */
	return memory_load(g->memory, key, bytes);
}

bool
guard_dead(const struct guard *g)
{
	return g->dead;
}

static void
nothing_known(struct guard *g)
{
	sessions_end_all(&g->sessions);
	g->owner = 0;
	g->selected = false;
	g->tries_known = false;
}

/*
 * Whatever is not a status word leaves the card in a state that nobody knows:
 * no session survives it, and others get the card only after a reset.
 */
err_t
guard_failed(struct guard *g, err_t e)
{
	switch ((int)e) {
	case ERR_REMOVED:
	case ERR_SERVICE:
	case ERR_TIMEOUT:
		g->dead = true;
		break;
	case ERR_IO:
	case ERR_SHORT:
	case ERR_LIMIT:
	case ERR_BUSY:
	case ERR_NOMEM:
		g->must_reset = true;
		break;
	default:
		return e;
	}
	nothing_known(g);
	return e;
}

bool
guard_kept(struct guard *g)
{
	unsigned int left = TOKEN_TRIES_UNKNOWN;
	bool verified = false;
	err_t e;

	e = guard_failed(g, g->drv->tries(g->self, &verified, &left, NULL));
	if (e == ERR_OK &&
	    (verified || (g->owner == 0 && left != TOKEN_TRIES_UNKNOWN)))
		return true;
	nothing_known(g);
	g->must_reset = true;
	return false;
}

/*
 * Refused by a card that does not know it, and by one that is not as it was.
 * Which of them it is cannot be asked of a card that never says its tries.
 */
static bool
clear_status(struct guard *g)
{
	if (g->drv->logout(g->self, NULL) == ERR_OK)
		return true;
	if (g->tries_max != 0)
		(void)guard_kept(g);
	return false;
}

static void
was_touched(struct guard *g, enum card_touched touched)
{
	if (touched == CARD_UNTOUCHED)
		return;
	/* somebody's reset ends every session, our own does not */
	if (touched == CARD_WAS_RESET && !g->own_reset)
		sessions_end_all(&g->sessions);
	g->selected = false;
	g->tries_known = false;
	g->tries_max = 0;
}

static err_t
hold(struct guard *g, unsigned int flags, struct why *why)
{
	enum card_touched touched = CARD_TOUCHED;
	err_t e;

	e = card_hold(g->card, flags, &touched);
	if (e == ERR_TIMEOUT || e == ERR_BUSY)
		return why_add(why, ERR_BUSY, "another program keeps the card");
	if (e != ERR_OK)
		return why_add(why, guard_failed(g, e), "taking the card: %s",
		    err_text(e));
	g->held = true;
	was_touched(g, touched);
	g->own_reset = false;
	return ERR_OK;
}

err_t
guard_take(struct guard *g, unsigned int flags, struct why *why)
{
	err_t e;

	if (g->dead)
		return why_add(why, ERR_REMOVED, "the card is gone");
	if (!g->held && (e = hold(g, flags, why)))
		return e;
	if (g->selected)
		return ERR_OK;
	if ((e = g->drv->select(g->self, why)))
		return guard_failed(g, e);
	g->selected = true;
	return ERR_OK;
}

/* A reset that we ask for: the application has to be selected again. */
static err_t
reset(struct guard *g, struct why *why)
{
	err_t e;

	g->selected = false;
	if ((e = card_reset(g->card)))
		return why_add(why, guard_failed(g, e), "resetting the card");
	g->dirty = false;
	g->must_reset = false;
	g->owner = 0;
	return ERR_OK;
}

err_t
guard_clear(struct guard *g, struct why *why)
{
	err_t e;

	if (!g->must_reset && clear_status(g)) {
		g->owner = 0;
		g->dirty = false;
		return ERR_OK;
	}
	g->owner = 0;
	if ((e = reset(g, why)))
		return e;
	if ((e = g->drv->select(g->self, why)))
		return guard_failed(g, e);
	g->selected = true;
	return ERR_OK;
}

/* Nobody gets the card with a status of ours on it. */
static void
release(struct guard *g)
{
	bool by_reset = g->must_reset;

	if (g->dirty && !by_reset)
		by_reset = !clear_status(g);
	if (card_unhold(g->card, by_reset) != ERR_OK)
		g->dead = true;
	if (by_reset) {
		g->selected = false;
		g->own_reset = true;
	}
	g->held = g->dirty = g->must_reset = false;
	g->owner = 0;
}

void
guard_settle(struct guard *g)
{
	bool keep = sessions_any(&g->sessions) && !g->must_reset;

	if (g->dead)
		sessions_end_all(&g->sessions);
	if (!g->held || g->dead)
		return;
	if (!keep || card_wanted(g->card)) {
		release(g);
		return;
	}
	if (g->dirty && sessions_pin(&g->sessions, g->owner) == NULL &&
	    guard_clear(g, NULL) != ERR_OK)
		release(g);
}

static void
set_tries(struct guard *g, unsigned int tries)
{
	g->tries = tries;
	if (tries != TOKEN_TRIES_UNKNOWN && tries > g->tries_max)
		g->tries_max = tries;
}

/*
 * Tries are asked for again whenever others may have used some up. A status
 * that is set means that the last PIN was right, and that all tries are there.
 */
static err_t
know_tries(struct guard *g, struct why *why)
{
	bool verified = false;
	unsigned int tries = TOKEN_TRIES_UNKNOWN;
	err_t e;

	if (g->tries_known)
		return ERR_OK;
	if ((e = g->drv->tries(g->self, &verified, &tries, why)))
		return guard_failed(g, e);
	set_tries(g, verified ? TOKEN_TRIES_UNKNOWN : tries);
	memory_tries(g->memory, g->tries);
	g->tries_known = true;
	return ERR_OK;
}

err_t
guard_tries(
    struct guard *g, const struct guard_ask *ask, struct guard_answer *a)
{
	err_t e;

	if ((e = guard_take(g, ask->login ? CARD_HOLD_TAKE : 0, &a->why)))
		return e;
	if ((e = know_tries(g, &a->why)))
		return e;
	a->tries = g->tries;
	return ERR_OK;
}

err_t
guard_may_try(struct guard *g, bool last_try_ok, struct guard_answer *a)
{
	err_t e;

	if ((e = know_tries(g, &a->why)))
		return e;
	a->tries = g->tries;
	if (g->tries == 0)
		return why_add(&a->why, ERR_PIN_BLOCKED,
		    "the PIN is blocked: unblock it with the PUK");
	if (g->tries == 1 && !last_try_ok)
		return why_add(&a->why, ERR_DENIED,
		    "only one try is left; it is not spent without a yes");
	return ERR_OK;
}

/*
 * What an answer to a PIN says about the tries that are left. A right one gives
 * all of them back: at least as many as there ever were.
 */
static void
learn_tries(struct guard *g, err_t e, unsigned int left)
{
	if (e == ERR_OK) {
		g->tries = g->tries_max;
		g->tries_known = g->tries_max > 1;
		return;
	}
	set_tries(g, left);
	g->tries_known = left != TOKEN_TRIES_UNKNOWN;
}

err_t
guard_present(struct guard *g, const struct guard_ask *ask,
    const struct secret *pin, uint64_t owner, struct guard_answer *a)
{
	unsigned int left = TOKEN_TRIES_UNKNOWN;
	err_t e;

	if (g->owner != 0 && g->owner != owner && (e = guard_clear(g, &a->why)))
		return e;
	if ((e = guard_may_try(g, ask->last_try_ok, a)) ||
	    (e = guard_presents(g, MEMORY_PINS, pin, g->tries, a)))
		return e;
	g->owner = 0;
	g->dirty = true;
	e = g->drv->verify(g->self, pin, &left, &a->why);
	learn_tries(g, e, left);
	guard_presented(g, e);
	a->tries = e == ERR_OK ? TOKEN_TRIES_UNKNOWN : left;
	if (e == ERR_OK)
		g->owner = owner;
	return guard_failed(g, e);
}

/* The first hold: nothing is known, and a slow card is not waited for. */
static err_t
read_all(struct guard *g, uint32_t off, struct token *t, struct why *why)
{
	err_t e;

	if ((e = hold(g, CARD_HOLD_FIRST, why)))
		return e;
	card_deadline(g->card, deadline_in(READ_MS));
	if ((e = driver_probe(g->card, off, &g->drv, why)) ||
	    (e = g->drv->open(g->card, t, &g->self, why)) ||
	    (e = know_tries(g, why)))
		return e;
	card_deadline(g->card, DEADLINE_NONE);
	g->selected = true;
	(void)snprintf(t->driver, sizeof(t->driver), "%s", g->drv->id);
	t->flags = g->drv->flags;
	t->pin_min = g->drv->pin_min;
	t->pin_max = g->drv->pin_max;
	return ERR_OK;
}

err_t
guard_open(struct card *card, uint32_t drivers_off, struct memory *memory,
    struct token *t, struct guard **out, struct why *why)
{
	CLEANUP(guard_free) struct guard *g = calloc(1, sizeof(*g));
	err_t e;

	if (g == NULL)
		return ERR_NOMEM;
	*g = (struct guard){
		.card = card, .memory = memory, .puk_tries = TOKEN_TRIES_UNKNOWN
	};
	if ((e = read_all(g, drivers_off, t, why)))
		return e;
	guard_settle(g);
	if (g->dead)
		return why_add(why, ERR_REMOVED, "giving the card back");
	*out = TAKE(g);
	return ERR_OK;
}

void
guard_free(struct guard **gp)
{
	struct guard *g;

	if (gp == NULL || (g = *gp) == NULL)
		return;
	sessions_end_all(&g->sessions);
	guard_settle(g);
	if (g->drv != NULL)
		g->drv->close(&g->self);
	free(g);
	*gp = NULL;
}
