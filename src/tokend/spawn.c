/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where workers come from: scsd starts them on our request, each under a user
 * of its own. Standalone, for tests, they are our own children.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "ipc/control.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

/* In the child; only what may be called after fork. */
static void
become_worker(const struct tokend *d, int channel, int reader)
{
	static char debug[] = "--debug";
	char *argv[] = { NULL, d->debug ? debug : NULL, NULL };
	char *env[] = { NULL };
	static char name[] = "scs-token-worker";
	sigset_t none;

	argv[0] = name;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* both are above the two places, or would be closed by dup2 */
	if (dup2(channel, WORKER_CHANNEL_FD) < 0 ||
	    dup2(reader, WORKER_READER_FD) < 0 ||
	    close_range(WORKER_READER_FD + 1, ~0u, 0) != 0)
		_exit(127);
	(void)execve(d->worker_program, argv, env);
	_exit(127);
}

static err_t
fork_worker(const struct tokend *d, int *ours)
{
	CLOSE_FD int reader = -1;
	CLOSE_FD int theirs = -1;
	CLOSE_FD int channel = -1;
	pid_t pid;
	err_t e;

	if ((e = fd_connect_unix(d->reader_path, &reader)) ||
	    (e = fd_pair(SOCK_STREAM, &channel, &theirs)))
		return e;
	if (theirs <= WORKER_READER_FD || reader <= WORKER_READER_FD)
		return ERR_SEQUENCE;
	if ((pid = fork()) < 0)
		return ERR_NOMEM;
	if (pid == 0)
		become_worker(d, theirs, reader);
	log_debug("worker %d started", (int)pid);
	*ours = fd_take(&channel);
	return ERR_OK;
}

void
spawn_worker(struct tokend *d, uint32_t cookie)
{
	struct control c = {
		.type = CONTROL_SPAWN, .kind = WORKER_TOKEN, .cookie = cookie
	};
	int fd = -1;
	err_t e;

	if (d->control >= 0) {
		if (control_send(d->control, &c, -1) != ERR_OK)
			entry_worker(d, cookie, -1, ERR_SERVICE);
		return;
	}
	e = fork_worker(d, &fd);
	entry_worker(d, cookie, fd, e);
}
