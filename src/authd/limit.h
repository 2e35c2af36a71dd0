/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a user who is not root may ask, across connections: so many
 * sessions at a time, and a bucket of credit that fills slowly. A session costs
 * one, one that ended with a PIN the card refused costs more.
 *
 * Besides, whoever is not at the seat, root's programs too, has one of few
 * places, so that the person who is there always gets a session: sshd runs as
 * root and is driven by anybody on the network, sudo by anybody with a shell.
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
#define LIMIT_AWAY 32 /* at a time, of all who are not at the seat */
#define LIMIT_AWAY_EACH 4 /* of one host or one user of them */
#define LIMIT_WHO_MAX 272 /* bytes with NUL: "host NAME", "user UID" */

struct limit_user {
	uid_t uid;
	unsigned int running;
	int64_t credit_ms; /* in units of refill time; may be below 0 */
	uint64_t seen_ms;
};

struct limit_away {
	char who[LIMIT_WHO_MAX];
	unsigned int running; /* 0: this entry is free */
};

/* A plain value; zero is a fresh one. */
struct limit {
	struct limit_user users[LIMIT_UIDS];
	size_t n;
	unsigned int running, running_users, running_away;
	struct limit_away away[LIMIT_AWAY];
};

/*
 * May this caller begin a session now? If so it is counted, until limit_end().
 * `exempt` (root) is bound by the number of sessions alone. ERR_LIMIT: too many
 * at a time. ERR_BUSY: too often.
 */
MUST_CHECK err_t limit_begin(
    struct limit *l, uid_t uid, bool exempt, uint64_t now_ms);
void limit_end(struct limit *l, uid_t uid, bool exempt, bool wrong_pin);

/*
 * A session that has begun turns out to be of somebody who is not at the seat:
 * may it stay? If so it is counted, until limit_away_end(). ERR_LIMIT.
 */
MUST_CHECK err_t limit_away_begin(struct limit *l, const char *who);
void limit_away_end(struct limit *l, const char *who);

#endif
