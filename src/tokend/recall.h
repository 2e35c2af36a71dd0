/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card has refused (memory.h, unread here), for its next worker. A driver
 * or a reader service that dies takes the card out of our sight, not out of the
 * reader: what its entry had waits here until the reader shows a card again.
 *
 * It can be the same one by the reader's count of cards in and out, which goes
 * up by one with the driver's death and by two when the card, or the reader,
 * was taken out. Another reader service counts anew; one that was silent may be
 * another one, or the same. That it is the same card is known when its worker has
 * read it: by token id and answer to reset. Before that nobody gets what is kept.
 */
#ifndef SCS_TOKEND_RECALL_H
#define SCS_TOKEND_RECALL_H

#include "base/buf.h"
#include "base/secret.h"
#include "ipc/token-proto.h"

#define RECALLS_MAX TOKENS_MAX /* more: the oldest is forgotten */

struct recall {
	struct buf bytes;
	struct secret *key; /* owned; NULL: nothing was refused */
	char id[TOKEN_ID_MAX]; /* whose it is; "": not known yet */
	uint8_t atr[TOKEN_ATR_MAX];
	size_t atr_n;
	bool proven; /* it is of the card that is in */
};

/* What was lost with the card. */
enum recall_loss {
	RECALL_READER, /* or the card alone */
	RECALL_SERVICE, /* which counts anew */
	RECALL_SILENCE, /* the service, or not */
};

struct recalls {
	struct recalled *first; /* owned; the newest */
};

void recall_init(struct recall *r);
void recall_done(struct recall *r); /* wiped */

/* What the card's own worker wants remembered; `key` is taken. ERR_LIMIT */
MUST_CHECK err_t recall_set(
    struct recall *r, struct span bytes, struct secret *key);

/*
 * The card that is in was read. True: it is the one that `r` was kept of, and
 * its worker does not know that yet. What was of another one is forgotten.
 */
MUST_CHECK bool recall_card(struct recall *r, const char *id, struct span atr);

/* The card in `reader` is out of sight; `events` was its count. `r` is taken. */
void recalls_keep(struct recalls *all, const char *reader, uint32_t events,
    enum recall_loss loss, struct recall *r);

/* A card is in: into `out`, which is empty, what was kept of it, perhaps. */
void recalls_take(struct recalls *all, const char *reader, uint32_t events,
    struct recall *out);

void recalls_forget(struct recalls *all);

#endif
