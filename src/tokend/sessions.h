/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets a worker keeps: for each session that is logged in the PIN that
 * this card accepted from it since its insertion.
 */
#ifndef SCS_TOKEND_SESSIONS_H
#define SCS_TOKEND_SESSIONS_H

#include "base/secret.h"

#define SESSIONS_MAX 64

struct session {
	uint64_t id; /* 0: free */
	struct secret *pin; /* owned */
};

struct sessions {
	struct session all[SESSIONS_MAX];
};

/* Remember a copy of `pin` for session `id` (not 0). ERR_LIMIT: too many. */
MUST_CHECK err_t sessions_put(
    struct sessions *s, uint64_t id, const struct secret *pin);

/* The PIN of a session; NULL: not logged in. Borrowed until it ends. */
const struct secret *sessions_pin(const struct sessions *s, uint64_t id);

bool sessions_room(const struct sessions *s, uint64_t id);
bool sessions_any(const struct sessions *s);
void sessions_end(struct sessions *s, uint64_t id); /* wiped */
void sessions_end_all(struct sessions *s);

#endif
