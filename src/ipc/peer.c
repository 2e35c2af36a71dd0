/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/path.h"

err_t
peer_get(int fd, struct peer *out)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0 ||
	    n != sizeof(c))
		return ERR_IO;
	*out = (struct peer){ .uid = c.uid, .gid = c.gid, .pid = c.pid };
	return ERR_OK;
}

bool
peer_in_group(int fd, gid_t gid)
{
	struct peer p;
	gid_t groups[1024];
	socklen_t n = sizeof(groups);

	if (peer_get(fd, &p) == ERR_OK && p.gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof(gid_t); i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

/* lstat: a link could lead through folders that others may rename. */
static bool
is_roots_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

err_t
peer_path_trusted(const char *path)
{
	char p[SCS_PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || path[0] != '/' || n >= sizeof(p))
		return ERR_DENIED;
	memcpy(p, path, n + 1);
	if (!is_roots_folder("/"))
		return ERR_DENIED;
	for (size_t i = 1; i < n; i++) {
		if (p[i] != '/')
			continue;
		p[i] = '\0';
		if (!is_roots_folder(p))
			return ERR_DENIED;
		p[i] = '/';
	}
	return ERR_OK;
}
