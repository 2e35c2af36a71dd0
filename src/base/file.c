/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static err_t
read_all(int fd, struct buf *out)
{
	uint8_t chunk[4096];
	ssize_t r;

	for (;;) {
		r = read(fd, chunk, sizeof(chunk));
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		buf_put(out, span_from(chunk, (size_t)r));
		if (buf_status(out) != ERR_OK)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return r < 0 ? ERR_IO : buf_status(out);
}

/* open(2) failed. ELOOP: a link, where none may be. */
static err_t
open_failed(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return ERR_ABSENT;
	case ELOOP:
		return ERR_DENIED;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

static err_t
open_regular(const char *path, int flags, struct stat *st, int *out)
{
	CLOSE_FD int fd = -1;

	/* O_NONBLOCK: a fifo in the place of a file must not hang us */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	if (fd < 0)
		return open_failed();
	if (fstat(fd, st) != 0)
		return ERR_IO;
	if (!S_ISREG(st->st_mode))
		return ERR_FORMAT;
	*out = fd_take(&fd);
	return ERR_OK;
}

err_t
file_read(const char *path, struct buf *out)
{
	CLOSE_FD int fd = -1;
	struct stat st;
	err_t e;

	if ((e = open_regular(path, 0, &st, &fd)))
		return e;
	return read_all(fd, out);
}

err_t
file_read_trusted(const char *path, struct buf *out)
{
	CLOSE_FD int fd = -1;
	struct stat st;
	err_t e;

	if ((e = open_regular(path, O_NOFOLLOW, &st, &fd)))
		return e;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return ERR_DENIED;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ERR_DENIED;
	return read_all(fd, out);
}

static err_t
sync_folder(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	CLOSE_FD int fd = -1;

	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    (int)(slash == path ? 1 : slash - path), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

static err_t
write_temp(int fd, unsigned int mode, struct span s)
{
	ssize_t r;

	while (s.n > 0) {
		r = write(fd, s.p, s.n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ERR_IO;
		s.p += r;
		s.n -= (size_t)r;
	}
	if (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0)
		return ERR_IO;
	return ERR_OK;
}

err_t
file_write(const char *path, unsigned int mode, struct span s)
{
	char tmp[PATH_MAX];
	CLOSE_FD int fd = -1;
	err_t e;
	int r;

	r = snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	if (r < 0 || (size_t)r >= sizeof(tmp))
		return ERR_LIMIT;
	if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0)
		return errno == EACCES || errno == EPERM || errno == EROFS
		    ? ERR_DENIED
		    : ERR_IO;
	if ((e = write_temp(fd, mode, s)) == ERR_OK && rename(tmp, path) != 0)
		e = ERR_IO;
	if (e != ERR_OK) {
		(void)unlink(tmp);
		return e;
	}
	return sync_folder(path);
}

err_t
file_mkdirs(const char *path, unsigned int mode)
{
	char p[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n == 0 || n >= sizeof(p))
		return ERR_LIMIT;
	memcpy(p, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (p[i] != '/' && p[i] != '\0')
			continue;
		p[i] = '\0';
		if (mkdir(p, (mode_t)mode) != 0 && errno != EEXIST)
			return errno == EACCES || errno == EPERM ? ERR_DENIED
								 : ERR_IO;
		if (i < n)
			p[i] = '/';
	}
	if (stat(path, &st) != 0)
		return ERR_IO;
	return S_ISDIR(st.st_mode) ? ERR_OK : ERR_FORMAT;
}
