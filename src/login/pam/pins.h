/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PINs of one login: how often somebody was asked, and what was sent, so
 * that nothing is presented twice.
 */
#ifndef SCS_LOGIN_PAM_PINS_H
#define SCS_LOGIN_PAM_PINS_H

#include "base/secret.h"
#include "ipc/auth-proto.h"

struct pins {
	unsigned int turns; /* asked for or taken over */
	unsigned int n; /* sent */
	struct secret *sent[AUTH_TRIES + 1]; /* owned; see pins_give_back */
	uint8_t tries; /* that the card had when the last one was sent */
};

/* One more turn; false when all AUTH_TRIES are used up. */
MUST_CHECK bool pins_turn(struct pins *p);

/*
 * The turn was none: what an earlier module left could not be a PIN. At most
 * once a login, or pins_add() has no room.
 */
void pins_give_back(struct pins *p);

/* Are there turns left? */
bool pins_more(const struct pins *p);

/* Keep a copy of a PIN that is about to be sent. ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK err_t pins_add(struct pins *p, const struct secret *pin);

unsigned int pins_sent(const struct pins *p);
bool pins_was_sent(const struct pins *p, const struct secret *pin);

void pins_done(struct pins *p);

#endif
