/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a user who is not root may ask, across connections: so many
 * sessions at a time, and a bucket of credit that fills slowly. A session costs
 * one, one that ended with a PIN the card refused costs more.
 */
#ifndef SCS_AUTHD_LIMIT_H
#define SCS_AUTHD_LIMIT_H

#include <sys/types.h>

#include "base/err.h"

#define LIMIT_SESSIONS 64 /* at a time, of everybody */
#define LIMIT_SESSIONS_UID 4 /* of one user who is not root */
#define LIMIT_SESSIONS_USERS 48 /* of all of them: the rest is root's */
#define LIMIT_CREDIT 10
#define LIMIT_REFILL_MS 6000 /* for one unit of credit */
#define LIMIT_WRONG_PIN 3 /* what a refused PIN costs besides */
#define LIMIT_UIDS 256

struct limit_user {
	uid_t uid;
	unsigned int running;
	int64_t credit_ms; /* in units of refill time; may be below 0 */
	uint64_t seen_ms;
};

/* A plain value; zero is a fresh one. */
struct limit {
	struct limit_user users[LIMIT_UIDS];
	size_t n;
	unsigned int running, running_users;
};

/*
 * May this caller begin a session now? If so it is counted, until limit_end().
 * `exempt` (root) is bound by the number of sessions alone. ERR_LIMIT: too many
 * at a time. ERR_BUSY: too often.
 */
MUST_CHECK err_t limit_begin(
    struct limit *l, uid_t uid, bool exempt, uint64_t now_ms);
void limit_end(struct limit *l, uid_t uid, bool exempt, bool wrong_pin);

#endif
