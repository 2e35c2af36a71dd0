/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bringing a card to where a request needs it: a reset or power-down first,
 * power if it has none, a protocol if none is negotiated.
 */
#ifndef SCS_READERD_POWER_H
#define SCS_READERD_POWER_H

#include "readerd/slot.h"

/*
 * The protocol for a card with this ATR (ISO/IEC 7816-3) and a caller with
 * these SCARD_PROTOCOL_* bits: RAW wins, then T=1, then T=0. 0: none fits.
 */
uint32_t power_choose(struct span atr, uint32_t preferred);

/*
 * Start the steps; j->finish gets SCARD_S_SUCCESS, or
 *	SCARD_E_NO_SMARTCARD       nothing in the reader
 *	SCARD_W_UNPOWERED_CARD     it does not answer to reset
 *	SCARD_W_UNRESPONSIVE_CARD  negotiation failed
 *	SCARD_E_PROTO_MISMATCH     no protocol fits, or another one is in use
 *	SCARD_E_READER_UNAVAILABLE
 */
void power_up(struct job *j);

/*
 * The card speaks a protocol that the caller did not ask for, and could, after a
 * reset, speak one that he did.
 */
bool power_another_protocol(const struct job *j);

/* A job that does only j->power. */
struct job power_job(struct slot *s, struct handle *h, struct client *c,
    uint32_t disposition, void (*finish)(struct job *j, uint32_t rv));

#endif
