/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to a card through a PC/SC service: our own reader service in its
 * worker dialect, or a pcscd in the plain one.
 *
 * A pcscd has no queue and tells nobody that somebody waits: a transaction that
 * lasts shuts everybody out. So over the plain dialect a hold is a transaction
 * that is always wanted by others (the guard ends it after each operation),
 * others are always taken to have used the card, and a reset by others costs a
 * reconnection, after which the card must still be the one that was opened.
 */
#ifndef SCS_TOKEND_LINK_PCSC_H
#define SCS_TOKEND_LINK_PCSC_H

#include "card/card.h"
#include "pcsc/client.h"

struct pcsc_link {
	struct pcsc *pcsc; /* owned */
	enum pcsc_dialect dialect;
	int32_t handle;
	uint32_t protocol;
	char reader[WIRE_READER_NAME];
	uint32_t events; /* the reader's counter of cards in and out */
	uint8_t atr[WIRE_ATR_SIZE];
	size_t atr_n;
};

/*
 * Connect to the card in `reader` over a connected socket (taken). ERR_ABSENT:
 * no such reader, or no card in it.
 *
 * `wait`, asked while a client of a pcscd has the card exclusively, lets some
 * time pass and says whether to go on waiting; NULL: ERR_BUSY at once.
 */
struct pcsc_link_want {
	int fd;
	enum pcsc_dialect dialect;
	const char *reader;
	bool (*wait)(void);
	/* called about every waiting_ms while the service is waited for */
	void (*waiting)(void);
	uint64_t waiting_ms;
};
MUST_CHECK err_t pcsc_link_open(
    const struct pcsc_link_want *want, struct pcsc_link *out, struct why *why);
void pcsc_link_close(struct pcsc_link *l); /* a held card is reset */

/* `l` is borrowed. */
struct card_link pcsc_link_card(struct pcsc_link *l);

#endif
