/* SPDX-License-Identifier: BSD-2-Clause */
/* Token workers hold cards: ARCHITECTURE.md, "Who holds the card". */
#ifndef SCS_READERD_HOLD_H
#define SCS_READERD_HOLD_H

struct slot;

/* Send WANTED, once a hold, if somebody waits for a card that is held. */
void hold_tell(struct slot *s);

#endif
