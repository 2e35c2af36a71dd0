/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors: owned ones close themselves, reads and writes are whole or fail,
 * every wait has a deadline. Works on blocking and non-blocking descriptors.
 */
#ifndef SCS_BASE_FD_H
#define SCS_BASE_FD_H

#include "base/buf.h"

#define CLOSE_FD CLEANUP(fd_close)

/* Close and set to -1; a negative descriptor is left alone. */
void fd_close(int *fd);

/* Take an owned descriptor out of its variable. */
int fd_take(int *fd);

/*
 * Exactly n bytes, or an error: ERR_TIMEOUT, ERR_REMOVED (end of file before
 * the first byte), ERR_SHORT (end of file in the middle), ERR_IO.
 */
MUST_CHECK err_t fd_read_n(int fd, void *p, size_t n, uint64_t deadline);

/* All of `s`. A closed peer is ERR_REMOVED and never SIGPIPE, pipes too. */
MUST_CHECK err_t fd_write_all(int fd, struct span s, uint64_t deadline);

/*
 * Connect to a listening AF_UNIX stream socket. Close-on-exec, blocking.
 * ERR_SERVICE: nothing there or nobody listens. ERR_TIMEOUT: somebody listens,
 * but took no connection for five seconds. ERR_DENIED: no permission.
 * ERR_LIMIT: path too long. ERR_FORMAT: path empty.
 */
MUST_CHECK err_t fd_connect_unix(const char *path, int *fd);

/*
 * The same, but a listener that does not accept and whose queue is full costs
 * at most until the deadline: ERR_TIMEOUT.
 */
MUST_CHECK err_t fd_connect_unix_by(
    const char *path, uint64_t deadline, int *fd);

/*
 * Listen on an AF_UNIX stream socket with the given mode, replacing a stale
 * one. Non-blocking, close-on-exec. ERR_BUSY: somebody listens there already.
 * ERR_FORMAT: what is there is not a socket; it stays.
 */
MUST_CHECK err_t fd_listen_unix(const char *path, unsigned int mode, int *fd);

/*
 * Two ends, close-on-exec, untouched on failure (ERR_IO): an AF_UNIX socket pair
 * of this type (SOCK_STREAM, SOCK_SEQPACKET; and SOCK_NONBLOCK); a pipe.
 */
MUST_CHECK err_t fd_pair(int type, int *ours, int *theirs);
MUST_CHECK err_t fd_pipe(int *out, int *in);

/* Nobody waits at this end any more. ERR_IO */
MUST_CHECK err_t fd_nonblock(int fd);

/*
 * Send or receive one packet (at most n bytes) on a SOCK_SEQPACKET or
 * SOCK_STREAM socket, with at most one descriptor beside it; fd < 0 sends none,
 * *fd is -1 when none came. `got` is 0 at end of file. ERR_TIMEOUT with
 * DEADLINE 0 on an empty non-blocking socket.
 */
MUST_CHECK err_t fd_send_packet(int sock, struct span s, int fd);
MUST_CHECK err_t fd_recv_packet(
    int sock, void *p, size_t n, uint64_t deadline, size_t *got, int *fd);

#endif
