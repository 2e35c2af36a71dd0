/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guard's own files share; see guard.h for what it is. */
#ifndef SCS_TOKEND_GUARD_CORE_H
#define SCS_TOKEND_GUARD_CORE_H

#include "tokend/guard.h"
#include "tokend/sessions.h"

/* Owner of a status that was set for one use and no session. */
#define OWNER_ONCE UINT64_MAX

struct guard {
	struct card *card;
	const struct token_driver *drv;
	void *self;
	struct sessions sessions;
	struct memory *memory; /* borrowed */
	uint64_t owner; /* whose PIN the card's status is from; 0: nobody's */
	unsigned int tries; /* a lower bound, if tries_known */
	unsigned int tries_max; /* most that were ever left; 0: not known */
	unsigned int puk_tries;
	bool tries_known; /* asked since the card was last out of our hands */
	bool held;
	bool selected;
	bool dirty; /* a status may be set: clear it before letting go */
	bool must_reset; /* the card's state is not known */
	bool own_reset; /* the next hold will hear of a reset of ours */
	bool dead;
};

/*
 * Present a PIN once for `owner`, with all of promise 2. The card is held. On
 * success the status belongs to `owner`.
 */
MUST_CHECK err_t guard_present(struct guard *g, const struct guard_ask *ask,
    const struct secret *pin, uint64_t owner, struct guard_answer *a);

/*
 * Before the card is touched at all: can this PIN be sent? ERR_PIN_FORM, or
 * ERR_PIN_WRONG if the card has refused it before.
 */
MUST_CHECK err_t guard_sendable(
    struct guard *g, const struct secret *pin, struct guard_answer *a);

/*
 * Before each secret goes to the card, which is held and has said how many tries
 * are left: ERR_PIN_WRONG if this one was refused, or may have been.
 */
MUST_CHECK err_t guard_presents(struct guard *g, enum memory_of kind,
    const struct secret *s, unsigned int tries, struct guard_answer *a);
/* And after: what came back. */
void guard_presented(struct guard *g, err_t e);

/* Nothing may be presented if it is blocked, or the last try without a yes. */
MUST_CHECK err_t guard_may_try(
    struct guard *g, bool last_try_ok, struct guard_answer *a);

/* Make sure that no status of ours, of anybody, is set. */
MUST_CHECK err_t guard_clear(struct guard *g, struct why *why);

/*
 * After a refusal: is the application current, and the status still set that is
 * an owner's? If not, or if the card does not say, it may have lost its power
 * unseen, or be another one. Then no session survives, as after somebody's
 * reset, and the card is reset before anybody uses it again.
 */
bool guard_kept(struct guard *g);

/* A command failed below the status word: decide what that costs. Returns e. */
err_t guard_failed(struct guard *g, err_t e);

#endif
