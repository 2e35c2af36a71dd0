/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guard of one card: who may use which key, when the PIN is presented, when
 * the card is kept and when it is given to others (ARCHITECTURE.md, promises 1
 * and 2). It relies only on a security status that it has set itself, since it
 * took the card, for the session that asks.
 *
 * A session is a number that tokend gives to one client; 0 is none. Each call
 * ends with guard_settle(), after its answer has been sent: clearing a status
 * is not on anybody's way.
 */
#ifndef SCS_TOKEND_GUARD_H
#define SCS_TOKEND_GUARD_H

#include "token/driver.h"
#include "tokend/memory.h"

struct guard; /* opaque */

struct guard_ask {
	uint64_t session;
	bool last_try_ok; /* an explicit yes to spend the last PIN try */
	bool puk_known; /* somebody heard how many tries the PUK has left: */
	uint8_t puk_tries; /* at least */
	bool login; /* the login service asks: see CARD_HOLD_TAKE */
};

struct guard_answer {
	struct buf out; /* result of a key operation */
	unsigned int tries; /* TOKEN_TRIES_UNKNOWN, or what is left */
	uint16_t apdus; /* GUARD_APDUS_UNKNOWN, or sent for this */
	struct why why;
};

#define GUARD_APDUS_UNKNOWN 0xffff
#define GUARD_RESULT_MAX 1024

void guard_answer_init(struct guard_answer *a);
void guard_answer_done(struct guard_answer *a); /* CLEANUP */

/*
 * Find the card's driver among those that are on (driver_probe), read everything
 * public into `t` (its reader, ATR and insertion are the caller's) and give the
 * card back. `memory` is of this insertion. All three are borrowed for the
 * guard's life. ERR_ABSENT: no driver knows this card.
 */
MUST_CHECK err_t guard_open(struct card *card, uint32_t drivers_off,
    struct memory *memory, struct token *t, struct guard **out,
    struct why *why);

/* Give the card back and end all sessions. Accepts NULL, leaves NULL. */
void guard_free(struct guard **g);

/* Hold the card and make its application current, if it is not. */
MUST_CHECK err_t guard_take(
    struct guard *g, unsigned int flags, struct why *why);

/*
 * After an answer, and whenever somebody waits: clear a status that belongs to
 * nobody any more, and give the card back if nobody is logged in or somebody
 * waits.
 */
void guard_settle(struct guard *g);

/* What this card refused before it was out of sight: memory_load(). */
MUST_CHECK err_t guard_remember(
    struct guard *g, const struct secret *key, struct span bytes);

bool guard_holding(const struct guard *g);

/* The card or the way to it is gone for good: nothing will work any more. */
bool guard_dead(const struct guard *g);

/* For the answer to TOK_TRIES; presents nothing. */
err_t guard_tries(
    struct guard *g, const struct guard_ask *ask, struct guard_answer *a);

/*
 * Errors of all that present a PIN: ERR_PIN_FORM (not sent), ERR_PIN_WRONG
 * (also without sending, when this card has refused the same one since its
 * insertion, or may have), ERR_PIN_BLOCKED, ERR_DENIED (it would be the last
 * try and nobody said yes), ERR_BUSY, ERR_REMOVED, ERR_CARD.
 */
err_t guard_login(struct guard *g, const struct guard_ask *ask,
    const struct secret *pin, struct guard_answer *a);
void guard_logout(struct guard *g, uint64_t session);
err_t guard_change_pin(struct guard *g, const struct guard_ask *ask,
    const struct secret *old, const struct secret *pin, struct guard_answer *a);
err_t guard_unblock(struct guard *g, const struct guard_ask *ask,
    const struct secret *puk, const struct secret *pin, struct guard_answer *a);

enum guard_op {
	GUARD_SIGN,
	GUARD_DECRYPT,
	GUARD_DERIVE
};

/*
 * Use a key as its PIN policy says: `pin` is for this one use (9C) or NULL.
 * ERR_PIN_NEEDED: log in first, or give the PIN with the request.
 */
err_t guard_use(struct guard *g, const struct guard_ask *ask, enum guard_op op,
    const struct token_use *use, const struct secret *pin,
    struct guard_answer *a);

/*
 * One PIN, one signature, no session: for a login. May take the card from an
 * idle exclusive holder.
 */
err_t guard_verify_sign(struct guard *g, const struct guard_ask *ask,
    const struct token_use *use, const struct secret *pin,
    struct guard_answer *a);

/* Does the key sign without any PIN? The signature is thrown away. */
err_t guard_probe(struct guard *g, const struct token_item *item, bool *signs,
    struct guard_answer *a);

#endif
