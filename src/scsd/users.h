/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which user runs what. Services have users by name; workers each get an id of
 * their own from a range without names, so that no two can touch each other.
 */
#ifndef SCS_SCSD_USERS_H
#define SCS_SCSD_USERS_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Numeric ids of workers, and of services under a private prefix where the
 * names do not exist. Inside the range that Debian Policy 9.2.2 and systemd
 * leave to dynamic users (61184 to 65519); ids that have a name are skipped.
 */
#define USERS_BASE 61900
#define USERS_WORKERS 256

struct user_id {
	uid_t uid;
	gid_t gid;
};

/*
 * The user of a service. With `allow_numeric` (a private prefix) a missing name
 * gives the nth id of the range instead. ERR_ABSENT: no such user.
 */
MUST_CHECK err_t users_service(const char *name, unsigned int nth,
    bool allow_numeric, struct user_id *out);

/*
 * The group whose members may use the cards from anywhere; looked up at each
 * start of a service. ERR_ABSENT: no such group, or it is root's.
 */
#define USERS_CARDS_GROUP "scs-cards"
MUST_CHECK err_t users_cards_group(gid_t *out);

/*
 * A worker's id: the first of USERS_WORKERS that is not `taken` and has no name,
 * neither as a user nor as a group; somebody has given that to a service of
 * his. *slot is its number. ERR_LIMIT: none is left.
 */
MUST_CHECK err_t users_worker(
    const bool taken[USERS_WORKERS], unsigned int *slot, struct user_id *out);

/* The first and the last of these ids. */
#define USERS_WORKER_FIRST (USERS_BASE + 16)
#define USERS_WORKER_LAST (USERS_WORKER_FIRST + USERS_WORKERS - 1)

#endif
