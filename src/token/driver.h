/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token driver: the one place that knows a kind of card. Its calls come one
 * at a time, never re-entered, always while the card is held. It keeps no
 * secret and decides nothing: who may use which key, and when a PIN is
 * presented, is the guard's business (tokend/guard.h).
 */
#ifndef SCS_TOKEN_DRIVER_H
#define SCS_TOKEN_DRIVER_H

#include "base/secret.h"
#include "card/card.h"
#include "token/token.h"

#define TOKEN_DRIVER_ABI 1
#define TOKEN_DRIVERS_MAX 31 /* bits of a u32, and one for `none` */

/* A private key operation; `item` is one of the token's, borrowed. */
struct token_use {
	const struct token_item *item;
	uint8_t mech; /* enum token_mech; 0 unless signing */
	struct span data; /* borrowed */
};

struct token_driver {
	unsigned int abi;
	const char *id; /* as in DisabledTokens and TOK_LIST */
	uint8_t flags; /* enum token_flags of its tokens */
	uint8_t pin_min, pin_max;

	/*
	 * Is it ours? Selects the card's application. ERR_ABSENT: not ours, let
	 * the next driver try; any other failure ends the search.
	 */
	err_t (*probe)(struct card *card, struct why *why);

	/*
	 * After probe: read everything public into `t` (id, items, problems).
	 * What is missing or malformed becomes a problem of the token, not a
	 * failure; only a card that is gone or silent fails.
	 */
	err_t (*open)(
	    struct card *card, struct token *t, void **self, struct why *why);
	void (*close)(void **self); /* accepts NULL, leaves NULL */

	/* Others have used the card: make the application current again. */
	err_t (*select)(void *self, struct why *why);

	/* Could this be a PIN, a PUK? What cannot is never sent. */
	bool (*pin_ok)(const struct secret *pin);
	bool (*puk_ok)(const struct secret *puk);

	/*
	 * How many tries are left, presenting nothing; TOKEN_TRIES_UNKNOWN if the
	 * card does not say. *verified: a PIN's security status is set now.
	 */
	err_t (*tries)(
	    void *self, bool *verified, unsigned int *tries, struct why *why);

	/* Present the PIN once; *tries as piv_verify(). */
	err_t (*verify)(void *self, const struct secret *pin,
	    unsigned int *tries, struct why *why);

	/* Clear the security status. Any failure: the card will be reset. */
	err_t (*logout)(void *self, struct why *why);

	err_t (*change_pin)(void *self, const struct secret *old,
	    const struct secret *pin, unsigned int *tries, struct why *why);
	err_t (*unblock)(void *self, const struct secret *puk,
	    const struct secret *pin, unsigned int *tries, struct why *why);

	/* The result is appended. ERR_PIN_NEEDED: the card wants the PIN. */
	err_t (*sign)(void *self, const struct token_use *use, struct buf *out,
	    struct why *why);
	err_t (*decrypt)(void *self, const struct token_use *use,
	    struct buf *out, struct why *why);
	err_t (*derive)(void *self, const struct token_use *use,
	    struct buf *out, struct why *why);
};

extern const struct token_driver piv_driver;

/* The drivers, in the order in which they are asked; "" beyond the last. */
size_t driver_count(void);
const char *driver_id(size_t i);

/*
 * Ask the drivers in their order, but for those whose bit is set in `off`; the
 * first that claims the card owns it. ERR_ABSENT: no driver knows it.
 */
MUST_CHECK err_t driver_probe(struct card *card, uint32_t off,
    const struct token_driver **out, struct why *why);

#endif
