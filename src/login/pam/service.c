/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/service.h"

#include <pwd.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "ipc/peer.h"

#define PASSWD_MAX 4096 /* one record of ours: a longer one is not */

struct caller
caller_self(void)
{
	uid_t uid = geteuid();

	/* AT_SECURE stays set after a set-id program gave up its rights: its
	 * user may trace it, but its verdict may still matter to others */
	return (struct caller){
		.uid = uid,
		.privileged = uid == 0 || uid != getuid() ||
		    getegid() != getgid() || getauxval(AT_SECURE) != 0,
	};
}

/* Root's or the caller's, and nobody else can put something in its place. */
static bool
folder_ok(const struct stat *st, uid_t uid)
{
	bool shared = (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
	bool sticky = (st->st_mode & S_ISVTX) != 0 && st->st_uid == 0;

	return S_ISDIR(st->st_mode) && (st->st_uid == 0 || st->st_uid == uid) &&
	    (!shared || sticky);
}

/* For an ordinary caller: every folder on the way to `path`. */
static err_t
path_own(const char *path, uid_t uid)
{
	char p[SCS_PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n >= sizeof(p))
		return ERR_LIMIT;
	memcpy(p, path, n + 1);
	for (size_t i = 0; i < n; i++) {
		char keep = p[i + 1];

		if (p[i] != '/')
			continue;
		p[i + 1] = '\0';
		if (stat(p, &st) != 0 || !folder_ok(&st, uid))
			return ERR_DENIED;
		p[i + 1] = keep;
	}
	return ERR_OK;
}

static bool
is_service_user(uid_t uid)
{
	struct passwd pw, *found = NULL;
	char strings[PASSWD_MAX];

	return getpwnam_r(
		   SERVICE_USER, &pw, strings, sizeof(strings), &found) == 0 &&
	    found != NULL && found->pw_uid == uid;
}

static bool
peer_ok(const struct caller *who, const struct args *a, uid_t peer)
{
	if (peer == 0)
		return true;
	if (!who->privileged && peer == who->uid)
		return true;
	if (a->have_auth_uid && a->prefix != NULL && peer == a->auth_uid)
		return true;
	return is_service_user(peer);
}

static err_t
check_path(const struct caller *who, const char *path, struct why *why)
{
	struct stat st;
	err_t e;

	if (stat(path, &st) != 0)
		return why_add(why, ERR_SERVICE,
		    "scs-authd does not run: no socket %s", path);
	e = who->privileged ? peer_path_trusted(path)
			    : path_own(path, who->uid);
	if (e != ERR_OK)
		return why_add(why, e,
		    "%s: a folder on its way can be changed by others than %s",
		    path, who->privileged ? "root" : "root and this user");
	return ERR_OK;
}

err_t
service_connect(const struct caller *who, const struct args *a,
    uint64_t deadline, int *out, struct why *why)
{
	CLOSE_FD int fd = -1;
	char path[SCS_PATH_MAX];
	struct peer peer;
	err_t e;

	if ((e = path_under(a->prefix, PATH_AUTH_SOCK, path)) ||
	    (e = check_path(who, path, why)))
		return e;
	if ((e = fd_connect_unix_by(path, deadline, &fd)))
		return why_add(why, e, "%s: nobody answers", path);
	if ((e = peer_get(fd, &peer)))
		return e;
	if (!peer_ok(who, a, peer.uid))
		return why_add(why, ERR_DENIED,
		    "%s: user %lu listens there, who is not " SERVICE_USER,
		    path, (unsigned long)peer.uid);
	*out = fd_take(&fd);
	return ERR_OK;
}
