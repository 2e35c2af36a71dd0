/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to one card: whole commands in, whole answers out. Command
 * chaining, GET RESPONSE, a wrong Le and the choice between short and extended
 * lengths (ISO/IEC 7816-4:2013, 5.1 and 5.3.3) end here. Everything a card says
 * is bounded: bytes, rounds and time.
 */
#ifndef SCS_CARD_CARD_H
#define SCS_CARD_CARD_H

#include "base/clock.h"
#include "base/why.h"
#include "codec/apdu.h"

#define CARD_ANSWER_MAX 65536 /* bytes of one whole answer */
#define CARD_ROUNDS_MAX 300 /* GET RESPONSE commands for one answer */
#define CARD_COMMAND_MS 30000 /* one whole command, all its rounds */

/* What happened to the card since our last hold. */
enum card_touched {
	CARD_UNTOUCHED, /* what is selected is still selected */
	CARD_TOUCHED, /* others have sent something */
	CARD_WAS_RESET, /* it has been reset: no security status is left */
};

enum card_hold_flags {
	/* a login: before others that wait, and from an idle exclusive client */
	CARD_HOLD_TAKE = 1 << 0,
	CARD_HOLD_FIRST = 1 << 1, /* before others that wait */
};

/*
 * The way to a card: the reader service, or a card inside a test. `transmit`
 * appends one whole response, status word included. Errors: ERR_REMOVED when
 * the card has left (final), ERR_IO, ERR_TIMEOUT, ERR_BUSY, ERR_SERVICE.
 */
struct card_link_ops {
	err_t (*hold)(void *ctx, unsigned int flags, uint64_t deadline,
	    enum card_touched *touched);
	err_t (*unhold)(void *ctx, bool reset);
	bool (*wanted)(void *ctx); /* somebody waits for the card we hold */
	err_t (*transmit)(
	    void *ctx, struct span cmd, uint64_t deadline, struct buf *answer);
	err_t (*reset)(void *ctx);
	err_t (*count)(void *ctx, uint64_t *apdus); /* sent so far */
	/* T=1 is spoken now; asked after hold and reset; NULL: never changes */
	bool (*t1)(void *ctx);
};

struct card_link {
	const struct card_link_ops *ops; /* borrowed */
	void *ctx; /* borrowed */
};

struct card; /* opaque, owned by its process */

/*
 * A card behind a link. `atr` and `t1` (the protocol that was chosen) decide
 * whether extended lengths are used; the link's own `t1` may change that. A
 * malformed ATR is no error.
 */
MUST_CHECK err_t card_new(
    struct card_link link, struct span atr, bool t1, struct card **out);
void card_free(struct card **c); /* accepts NULL, leaves NULL */

/*
 * One command. cmd->data may be of any length up to APDU_MAX_DATA, cmd->le is
 * 0 (no answer wanted) or the most that is wanted; cmd->extended is ignored.
 *
 * answer  gets the data, without the status word, appended; may be NULL when
 *         none is wanted. On failure its contents are undefined.
 * sw      the final status word; never 61xx
 *
 * ERR_LIMIT  the answer, or the number of rounds, is over its cap
 * ERR_SHORT  the card's answer has no status word
 * and the link's. A command with cmd->secret is sent once, whatever the card
 * says to it.
 */
MUST_CHECK err_t card_send(struct card *c, const struct apdu *cmd,
    struct buf *answer, uint16_t *sw, struct why *why);

/* All commands from now on end by this deadline; DEADLINE_NONE lifts it. */
void card_deadline(struct card *c, uint64_t deadline);

bool card_extended(const struct card *c);

/* The link's own, for who decides about holding the card. */
MUST_CHECK err_t card_hold(
    struct card *c, unsigned int flags, enum card_touched *touched);
MUST_CHECK err_t card_unhold(struct card *c, bool reset);
bool card_wanted(struct card *c);
MUST_CHECK err_t card_reset(struct card *c);
MUST_CHECK err_t card_count(struct card *c, uint64_t *apdus);

#endif
