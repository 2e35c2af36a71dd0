/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may see and use the cards of this machine. */
#ifndef SCS_TOKEND_ACCESS_H
#define SCS_TOKEND_ACCESS_H

#include "base/why.h"
#include "ipc/peer.h"

struct access {
	uid_t auth_uid; /* scs-authd's; (uid_t)-1: nobody's */
	gid_t group; /* its members may; (gid_t)-1: none */
	bool all; /* every local user may */
};

/*
 * Root, our own user, scs-authd, members of the group, and users with an active
 * session at the machine's own seat. ERR_DENIED with its reason otherwise,
 * also where logind does not run to tell.
 */
MUST_CHECK err_t access_check(
    const struct access *a, int fd, const struct peer *p, struct why *why);

/* May it spend the last try of a PIN? Root, our own user and scs-authd. */
bool access_last_try(const struct access *a, const struct peer *p);

/* May it verify-and-sign for a login? scs-authd alone. */
bool access_login(const struct access *a, const struct peer *p);

#endif
