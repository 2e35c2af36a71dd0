/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver found on a card when it went in: everything public, as plain
 * values, and how that travels (ipc/token-proto.h, "A token").
 */
#ifndef SCS_TOKEN_TOKEN_H
#define SCS_TOKEN_TOKEN_H

#include "base/buf.h"
#include "ipc/token-proto.h"

struct token_item {
	uint8_t slot;
	char label_cert[TOKEN_LABEL_MAX];
	char label_key[TOKEN_LABEL_MAX];
	uint8_t pkhh[20]; /* SHA-1 of the public key's BIT STRING contents */
	uint8_t alg; /* enum piv_alg, 0: none that we know */
	uint16_t bits;
	uint8_t flags; /* enum token_item_flags */
	uint8_t pin; /* enum token_pin_policy */
	struct buf cert, spki; /* DER; owned */
};

struct token {
	uint64_t insertion;
	char id[TOKEN_ID_MAX];
	char reader[TOKEN_READER_MAX];
	char driver[TOKEN_DRIVER_MAX];
	uint8_t atr[TOKEN_ATR_MAX];
	size_t atr_n;
	uint8_t flags; /* enum token_flags */
	uint8_t pin_min, pin_max;
	struct token_item *items; /* owned */
	size_t items_n;
	char problems[TOKEN_PROBLEMS_MAX][TOKEN_PROBLEM_MAX];
	size_t problems_n;
};

MUST_CHECK err_t token_new(struct token **out);
void token_free(struct token **t); /* accepts NULL, leaves NULL */

/* One more item, zeroed. Borrowed until the next call. ERR_LIMIT: too many. */
MUST_CHECK err_t token_add_item(struct token *t, struct token_item **out);

/* Forget the item that was added last. */
void token_drop_item(struct token *t);

/* A sentence for people. Beyond the last place it is dropped. */
void token_problem(struct token *t, const char *fmt, ...) PRINTF(2, 3);

/* NULL: nothing in that slot. */
const struct token_item *token_find(const struct token *t, uint8_t slot);

/* Append as ipc/token-proto.h says. */
void token_put(struct buf *b, const struct token *t);

/*
 * Take one encoded token off the front of `in`, checking every length, count,
 * string and cap of it. For who passes on what a worker says.
 *
 * whole      all its bytes, borrowed
 * insertion  what it says it is
 *
 * ERR_SHORT, ERR_LIMIT, ERR_FORMAT
 */
MUST_CHECK err_t token_check(
    struct span *in, struct span *whole, uint64_t *insertion);

#endif
