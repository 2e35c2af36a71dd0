/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/trusted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path has no links any more: one that appears now is a trick. */
static err_t
check(const char *path, bool folder, struct why *why)
{
	struct stat st;
	bool shared;

	if (lstat(path, &st) != 0)
		return why_add(
		    why, ERR_ABSENT, "%s: %s", path, strerror(errno));
	if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return why_add(why, ERR_FORMAT, "%s: no %s", path,
		    folder ? "folder" : "regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return why_add(why, ERR_DENIED,
		    "%s: it belongs to user %lu, it must be root's", path,
		    (unsigned long)st.st_uid);
	shared = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	if (shared && !(folder && (st.st_mode & S_ISVTX) != 0))
		return why_add(why, ERR_DENIED,
		    "%s: others than its owner can write there", path);
	return ERR_OK;
}

static err_t
check_folders(const char *path, struct why *why)
{
	char dir[PATH_MAX];
	size_t n = strlen(path);
	err_t e;

	memcpy(dir, path, n + 1);
	for (size_t i = 1; i < n; i++) {
		if (path[i] != '/')
			continue;
		dir[i] = '\0';
		if ((e = check(dir, true, why)))
			return e;
		dir[i] = '/';
	}
	return check("/", true, why);
}

err_t
trusted_path(const char *path, char out[PATH_MAX], struct why *why)
{
	char real[PATH_MAX];
	err_t e;

	if (realpath(path, real) == NULL)
		return why_add(
		    why, ERR_ABSENT, "%s: %s", path, strerror(errno));
	if ((e = check_folders(real, why)) || (e = check(real, false, why)))
		return e;
	memcpy(out, real, strlen(real) + 1);
	return ERR_OK;
}
