/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A blocking client of the token service, as far as a login needs it
 * (ipc/token-proto.h): what libscs offers everybody, and two requests of ours.
 * What it answers is checked like everything else that comes from outside: it
 * relays what cards say.
 */
#ifndef SCS_AUTHD_TOKEN_H
#define SCS_AUTHD_TOKEN_H

#include <sys/types.h>

#include "base/why.h"
#include "ipc/msg.h"
#include "ipc/token-proto.h"
#include "keychain/tokens.h"

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
    struct token_client *c, struct tokens *out, struct why *why);

/*
 * Wait until no card is being read any more, but not long (ipc/token-proto.h).
 * `reader`: where one still is, or "".
 */
MUST_CHECK err_t token_settled(
    struct token_client *c, char reader[TOKEN_READER_MAX], struct why *why);

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
