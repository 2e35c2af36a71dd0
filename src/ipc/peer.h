/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the other end of a socket, and whether its path can be trusted. */
#ifndef SCS_IPC_PEER_H
#define SCS_IPC_PEER_H

#include <sys/types.h>

#include "base/err.h"

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* of the process that connected; may be gone by now */
};

/* SO_PEERCRED: the credentials at the time of connect(2). */
MUST_CHECK err_t peer_get(int fd, struct peer *out);

/* The primary or a supplementary group of the peer (SO_PEERGROUPS). */
bool peer_in_group(int fd, gid_t gid);

/*
 * For a caller with privileges: every folder on the way to `path` (absolute)
 * must be a folder, not a link, that belongs to root and is writable by root
 * alone (a sticky world-writable folder is not good enough). ERR_DENIED
 * otherwise.
 */
MUST_CHECK err_t peer_path_trusted(const char *path);

#endif
