/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has the card, does nothing with it, and keeps others waiting loses it.
 * SCardBeginTransaction (Windows SDK, winscard.h, remarks): a transaction
 * without an operation for more than five seconds ends, and the card is reset.
 * Here that costs a transaction only what somebody else waits for, and the same
 * time is what a token worker has for its answer to WANTED. A login waits for a
 * transaction with commands, too, no longer than LOGIN_MS: less than the time
 * in which scs-authd wants its first answer.
 */
#ifndef SCS_READERD_IDLE_H
#define SCS_READERD_IDLE_H

#include "base/def.h"

#define IDLE_MS 5000u
#define LOGIN_MS 10000u

struct slot;

/*
 * Take the card from its holder if its time is up, else see to it that this is
 * called again when it will be. While a command is at the card it is not.
 */
void idle_check(struct slot *s);

/* The holder got the card, or its command came back. */
void idle_used(struct slot *s);

#endif
