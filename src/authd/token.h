/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A blocking client of the token service, as far as a login needs it
 * (ipc/token-proto.h). What it answers is checked like everything else that
 * comes from outside: it relays what cards say.
 */
#ifndef SCS_AUTHD_TOKEN_H
#define SCS_AUTHD_TOKEN_H

#include <sys/types.h>

#include "base/why.h"
#include "directory/pairing.h"
#include "ipc/msg.h"
#include "ipc/token-proto.h"

struct token_item {
	uint8_t slot, alg, flags, pin_policy;
	uint16_t bits;
	char label[TOKEN_LABEL_MAX]; /* of the certificate */
	struct pkhh pkhh; /* as the token service says */
	struct span cert, spki; /* DER; borrowed from the list */
};

struct token {
	uint64_t insertion;
	char id[TOKEN_ID_MAX];
	char reader[TOKEN_READER_MAX];
	char driver[TOKEN_DRIVER_MAX];
	uint8_t flags, pin_min, pin_max;
	struct token_item items[TOKEN_ITEMS_MAX];
	size_t items_n;
};

struct token_list {
	struct msg answer; /* owned; the spans above point into it */
	struct token *tokens; /* owned */
	size_t n;
};

void token_list_done(struct token_list *l); /* CLEANUP(token_list_done) */

/* The first item with this key reference, or NULL. */
const struct token_item *token_slot(const struct token *t, uint8_t slot);

/* The body of a good answer to TOK_LIST; `body` must outlive `out`. */
MUST_CHECK err_t token_list_parse(struct span body, struct token_list *out);

struct token_client; /* one connection */

/*
 * Connect; the peer must run as `uid` (the user whose socket it is), else
 * ERR_DENIED. ERR_SERVICE: nobody there.
 */
MUST_CHECK err_t token_open(
    const char *path, uid_t uid, struct token_client **out, struct why *why);
void token_close(struct token_client **c); /* CLEANUP(token_close) */

/*
 * The calls below: errors are the answer's, or ERR_SERVICE when the service
 * does not answer, stops in the middle or answers nonsense; then the connection
 * is of no more use. `why` has the reason for people.
 */
MUST_CHECK err_t token_list(
    struct token_client *c, struct token_list *out, struct why *why);

/* *tries: left, or TOKEN_TRIES_UNKNOWN. */
MUST_CHECK err_t token_tries(struct token_client *c, uint64_t insertion,
    uint8_t *tries, struct why *why);

struct token_sign {
	uint64_t insertion;
	uint8_t slot, mech;
	struct span data;
	const struct secret *pin;
	bool last_try_ok;
};

struct token_signed {
	struct buf sig; /* caller inits and frees; on success filled */
	uint16_t apdus; /* 0xffff: not known */
	uint8_t tries; /* left after a failure, or TOKEN_TRIES_UNKNOWN */
};

/* Present the PIN, sign once, leave no session behind. */
MUST_CHECK err_t token_verify_sign(struct token_client *c,
    const struct token_sign *what, struct token_signed *out, struct why *why);

/* Does this key sign although no PIN was presented? */
MUST_CHECK err_t token_probe(struct token_client *c, uint64_t insertion,
    uint8_t slot, bool *signs, struct why *why);

#endif
