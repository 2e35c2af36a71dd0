/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to a card through the reader service, in the worker dialect. */
#ifndef SCS_TOKEND_LINK_PCSC_H
#define SCS_TOKEND_LINK_PCSC_H

#include "card/card.h"
#include "pcsc/client.h"

struct pcsc_link {
	struct pcsc *pcsc; /* owned */
	int32_t handle;
	uint32_t protocol;
	uint8_t atr[WIRE_ATR_SIZE];
	size_t atr_n;
};

/*
 * Connect to the card in `reader` over a connected socket (taken). ERR_ABSENT:
 * no such reader, or no card in it.
 */
MUST_CHECK err_t pcsc_link_open(
    int fd, const char *reader, struct pcsc_link *out, struct why *why);
void pcsc_link_close(struct pcsc_link *l); /* a held card is reset */

/* `l` is borrowed. */
struct card_link pcsc_link_card(struct pcsc_link *l);

#endif
