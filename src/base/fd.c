/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define CONNECT_MS 5000

void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
fd_take(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* Wait until fd is ready for `events`. */
static err_t
wait_fd(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	if (fd < 0)
		return ERR_IO; /* poll(2) would wait for ever */
	for (;;) {
		r = poll(&p, 1, deadline_left(deadline));
		if (r > 0)
			return ERR_OK;
		if (r == 0)
			return ERR_TIMEOUT;
		if (errno != EINTR)
			return ERR_IO;
	}
}

err_t
fd_read_n(int fd, void *p, size_t n, uint64_t deadline)
{
	uint8_t *to = p;
	size_t done = 0;
	ssize_t r;
	err_t e;

	while (done < n) {
		if ((e = wait_fd(fd, POLLIN, deadline)))
			return e;
		r = read(fd, to + done, n - done);
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r < 0)
			return errno == ECONNRESET ? ERR_REMOVED : ERR_IO;
		if (r == 0)
			return done == 0 ? ERR_REMOVED : ERR_SHORT;
		done += (size_t)r;
	}
	return ERR_OK;
}

/*
 * write(2) without SIGPIPE, for what is not a socket. At most PIPE_BUF bytes:
 * a blocking pipe takes that many without blocking once it polls writable.
 */
static ssize_t
write_quietly(int fd, struct span s)
{
	static const struct timespec now = { 0, 0 };
	sigset_t pipe_only, before, pending;
	bool was_pending;
	ssize_t r;
	int saved;

	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)sigemptyset(&pending);
	(void)sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	if (pthread_sigmask(SIG_BLOCK, &pipe_only, &before) != 0)
		return -1;
	r = write(fd, s.p, s.n < PIPE_BUF ? s.n : PIPE_BUF);
	saved = errno;
	if (r < 0 && saved == EPIPE && !was_pending)
		(void)sigtimedwait(&pipe_only, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return r;
}

static ssize_t
write_some(int fd, struct span s, uint64_t deadline, err_t *e)
{
	ssize_t r = send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);

	*e = ERR_OK;
	if (r >= 0 || errno != ENOTSOCK)
		return r;
	if ((*e = wait_fd(fd, POLLOUT, deadline)))
		return -1;
	return write_quietly(fd, s);
}

err_t
fd_write_all(int fd, struct span s, uint64_t deadline)
{
	ssize_t r;
	err_t e;

	while (s.n > 0) {
		r = write_some(fd, s, deadline, &e);
		if (e != ERR_OK)
			return e;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN) {
			if ((e = wait_fd(fd, POLLOUT, deadline)))
				return e;
			continue;
		}
		if (r < 0)
			return errno == EPIPE || errno == ECONNRESET
			    ? ERR_REMOVED
			    : ERR_IO;
		s.p += r;
		s.n -= (size_t)r;
	}
	return ERR_OK;
}

static err_t
unix_addr(const char *path, struct sockaddr_un *sa)
{
	size_t n = strlen(path);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (n == 0)
		return ERR_FORMAT; /* would be a name in the abstract space */
	if (n >= sizeof(sa->sun_path))
		return ERR_LIMIT;
	memcpy(sa->sun_path, path, n);
	return ERR_OK;
}

/*
 * connect(2) to an AF_UNIX socket waits while the listener's queue is full; the
 * send timeout of the socket bounds that wait. 0: no bound.
 */
static err_t
limit_sending(int fd, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (ms % 1000) * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0
	    ? ERR_OK
	    : ERR_IO;
}

static err_t
connect_error(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case EAGAIN:
		return ERR_TIMEOUT;
	default:
		return ERR_SERVICE;
	}
}

err_t
fd_connect_unix_by(const char *path, uint64_t deadline, int *out)
{
	struct sockaddr_un sa;
	CLOSE_FD int fd = -1;
	int r, left;
	err_t e;

	if ((e = unix_addr(path, &sa)))
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	do {
		if ((left = deadline_left(deadline)) == 0)
			return ERR_TIMEOUT;
		if ((e = limit_sending(fd, left < 0 ? 0 : left)))
			return e;
		r = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	} while (r != 0 && errno == EINTR);
	if (r != 0)
		return connect_error(errno);
	if ((e = limit_sending(fd, 0)))
		return e;
	*out = fd_take(&fd);
	return ERR_OK;
}

err_t
fd_connect_unix(const char *path, int *out)
{
	return fd_connect_unix_by(path, deadline_in(CONNECT_MS), out);
}

/* Make way for a new socket: only a socket that nobody listens on goes. */
static err_t
remove_stale(const char *path)
{
	CLOSE_FD int probe = -1;
	struct stat st;
	err_t e;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	if (!S_ISSOCK(st.st_mode))
		return ERR_FORMAT;
	e = fd_connect_unix(path, &probe);
	if (e == ERR_OK || e == ERR_TIMEOUT)
		return ERR_BUSY;
	if (e != ERR_SERVICE)
		return e;
	return unlink(path) == 0 || errno == ENOENT ? ERR_OK : ERR_IO;
}

err_t
fd_listen_unix(const char *path, unsigned int mode, int *out)
{
	struct sockaddr_un sa;
	CLOSE_FD int fd = -1;
	mode_t old;
	int r;
	err_t e;

	if ((e = unix_addr(path, &sa)))
		return e;
	if ((e = remove_stale(path)))
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_IO;
	old = umask(0777);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	(void)umask(old);
	if (r != 0 || chmod(path, (mode_t)mode) != 0 || listen(fd, 128) != 0)
		return ERR_IO;
	*out = fd_take(&fd);
	return ERR_OK;
}

err_t
fd_pair(int type, int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	*ours = pair[0];
	*theirs = pair[1];
	return ERR_OK;
}

err_t
fd_pipe(int *out, int *in)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) != 0)
		return ERR_IO;
	*out = pair[0];
	*in = pair[1];
	return ERR_OK;
}

err_t
fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
	    ? ERR_OK
	    : ERR_IO;
}

err_t
fd_send_packet(int sock, struct span s, int fd)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ctl = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)s.p,
		.iov_len = s.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	if (fd >= 0) {
		m.msg_control = ctl.bytes;
		m.msg_controllen = sizeof(ctl.bytes);
		ctl.h.cmsg_level = SOL_SOCKET;
		ctl.h.cmsg_type = SCM_RIGHTS;
		ctl.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&ctl.h), &fd, sizeof(int));
	}
	do {
		r = sendmsg(sock, &m, MSG_NOSIGNAL);
	} while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EPIPE || errno == ECONNRESET))
		return ERR_REMOVED;
	if (r < 0 && errno == EAGAIN)
		return ERR_BUSY;
	return r == (ssize_t)s.n ? ERR_OK : ERR_IO;
}

/* Keep the first descriptor of a message, close all others. */
static int
first_fd(struct msghdr *m)
{
	int fd = -1, got;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(
			    &got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fd < 0)
				fd = got;
			else
				(void)close(got);
		}
	}
	return fd;
}

err_t
fd_recv_packet(
    int sock, void *p, size_t n, uint64_t deadline, size_t *got, int *fd)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} ctl = { 0 };
	struct iovec iov = { .iov_base = p, .iov_len = n };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.bytes,
		.msg_controllen = sizeof(ctl.bytes) };
	ssize_t r;
	err_t e;

	for (;;) {
		if ((e = wait_fd(sock, POLLIN, deadline)))
			return e;
		r = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
		if (r >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return errno == ECONNRESET ? ERR_REMOVED : ERR_IO;
	}
	*fd = first_fd(&m);
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		fd_close(fd);
		return ERR_FORMAT;
	}
	*got = (size_t)r;
	return ERR_OK;
}
