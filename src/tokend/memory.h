/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card has refused since it was put in: PINs and PUKs, each as an HMAC
 * under a random key, so that none is presented again and none is kept.
 *
 * The memory must outlive its worker, which may be killed with a PIN on its way
 * to the card. So whoever owns it is told of each change, before a secret is
 * presented and after: scs-tokend keeps those bytes unread until the card leaves
 * and hands them to the next worker. A secret that was presented and not
 * answered is in doubt until the card says how many tries are left.
 */
#ifndef SCS_TOKEND_MEMORY_H
#define SCS_TOKEND_MEMORY_H

#include "base/buf.h"
#include "base/secret.h"

#define MEMORY_EACH 32 /* the oldest gives way */
#define MEMORY_MAC 32
#define MEMORY_KEY 32

enum memory_of {
	MEMORY_PINS,
	MEMORY_PUKS,
	MEMORY_KINDS
};

struct memory_refused {
	uint8_t mac[MEMORY_EACH][MEMORY_MAC]; /* the oldest first */
	uint8_t n;
};

struct memory_doubt {
	bool is;
	uint8_t kind, tries; /* left before it was presented, or unknown */
	uint8_t mac[MEMORY_MAC];
};

#define MEMORY_BYTES \
	(3 + MEMORY_MAC + MEMORY_KINDS * (1 + MEMORY_EACH * MEMORY_MAC))

/* It has changed; `key` and `bytes` are borrowed. */
typedef void memory_fn(void *ctx, const struct secret *key, struct span bytes);

struct memory {
	struct secret *key; /* owned */
	struct memory_refused of[MEMORY_KINDS];
	struct memory_doubt doubt;
	memory_fn *changed; /* NULL: nobody wants to know */
	void *ctx;
};

/* With a key of its own. ERR_NOMEM, ERR_IO: no randomness. */
MUST_CHECK err_t memory_init(struct memory *m);
void memory_done(struct memory *m); /* CLEANUP; wiped */

/* As changed() told it; `key` is copied. ERR_SHORT, ERR_FORMAT, ERR_NOMEM. */
MUST_CHECK err_t memory_load(
    struct memory *m, const struct secret *key, struct span bytes);

/* Has the card refused this one? What cannot be told counts as refused. */
bool memory_has(
    const struct memory *m, enum memory_of kind, const struct secret *s);

/*
 * Around each presentation. memory_presents(): with `tries` left, or
 * TOKEN_TRIES_UNKNOWN; without it ERR_IO, and nothing may be presented.
 * memory_answered(): the card said yes or no. memory_unanswered(): it did not,
 * and this one is in doubt.
 */
MUST_CHECK err_t memory_presents(struct memory *m, enum memory_of kind,
    const struct secret *s, unsigned int tries);
void memory_answered(struct memory *m, bool refused);
void memory_unanswered(struct memory *m);

/*
 * The PIN's tries that are left, or TOKEN_TRIES_UNKNOWN: the card does not say.
 * Ends a doubt: fewer than before, or no number, and it counts as refused.
 */
void memory_tries(struct memory *m, unsigned int tries);

/* A new PIN: any may be right now. */
void memory_forget(struct memory *m, enum memory_of kind);

#endif
