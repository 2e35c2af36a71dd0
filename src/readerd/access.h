/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may use readers over raw PC/SC: root, our own user, the users of our own
 * services, members of one group, and whoever has an active session at seat0.
 * Others get SCARD_W_SECURITY_VIOLATION from SCardEstablishContext. Where
 * logind does not run there are no sessions, and the group decides.
 */
#ifndef SCS_READERD_ACCESS_H
#define SCS_READERD_ACCESS_H

#include "ipc/peer.h"

#define ACCESS_UIDS_MAX 8

struct access {
	bool all; /* --access all */
	bool has_group; /* --group GID */
	gid_t group;
	uid_t uids[ACCESS_UIDS_MAX]; /* --uid UID: services */
	size_t uids_n;
};

/* `fd` is the peer's connection; -1 (tests): no groups. */
bool access_allowed(const struct access *a, int fd, const struct peer *peer);

#endif
