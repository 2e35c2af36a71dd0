/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/standalone.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"

static struct standalone *self; /* one process, one of it */

static err_t
listen_below(const char *dir, const char *name, int *fd)
{
	char path[SCS_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_LIMIT;
	return fd_listen_unix(path, 0600, fd);
}

/* In the child: never returns. */
static void
become_ifd(unsigned int index, int channel, int say, int print)
{
	const char *argv[12] = { "scs-ifd", "--virtual", self->names[index] };
	char device[SCS_PATH_MAX];
	char *env[] = { NULL };
	sigset_t none;
	size_t n = 3;

	if (self->library != NULL) {
		argv[1] = "--name";
		argv[n++] = "--ifdhandler";
		argv[n++] = self->library;
		argv[n++] = "--device";
		argv[n++] = device;
		(void)snprintf(device, sizeof(device), "%s/%s", self->dir,
		    self->names[index]);
	}
	if (self->timeout_ms != NULL) {
		argv[n++] = "--card-timeout-ms";
		argv[n++] = self->timeout_ms;
	}
	if (self->debug)
		argv[n++] = "--debug";
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* all are above 5: standalone_start() keeps the low numbers taken */
	if (dup2(print, STDOUT_FILENO) < 0 || dup2(print, STDERR_FILENO) < 0 ||
	    dup2(channel, WORKER_FD) < 0 || dup2(say, WORKER_SAY_FD) < 0 ||
	    dup2(self->listen[index], WORKER_DEVICE_FD) < 0)
		_exit(127);
	(void)execve(self->ifd_program, (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

static int
on_child(sd_event_source *src UNUSED, const siginfo_t *si, void *data)
{
	struct ifd *ifd = data;

	log_warning("reader driver %u (pid %ld) has ended", ifd->index,
	    (long)si->si_pid);
	ifd->child = sd_event_source_disable_unref(ifd->child);
	ifd->pid = 0;
	ifd_lost(ifd);
	return 0;
}

static void
spawn(struct ifd *ifd)
{
	CLOSE_FD int ours = -1, theirs = -1, hear = -1, say = -1;
	CLOSE_FD int text = -1, print = -1;
	pid_t pid;

	if (ifd->pid > 0) {
		/* it hangs, or it lied: on_child() comes, and then we again */
		(void)kill(ifd->pid, SIGKILL);
		return;
	}
	if (fd_pair(SOCK_STREAM, &ours, &theirs) != ERR_OK ||
	    fd_pipe(&hear, &say) != ERR_OK ||
	    fd_pipe(&text, &print) != ERR_OK || fd_nonblock(print) != ERR_OK ||
	    (pid = fork()) < 0) {
		log_err("reader driver %u: cannot start it", ifd->index);
		return;
	}
	if (pid == 0)
		become_ifd(ifd->index, theirs, say, print);
	ifd->pid = pid;
	if (sd_event_add_child(
		ifd->svc->ev, &ifd->child, pid, WEXITED, on_child, ifd) < 0 ||
	    said_open(&ifd->said, ifd->svc->ev, fd_take(&text)) != ERR_OK ||
	    ifd_attach(ifd, fd_take(&ours), fd_take(&hear)) != ERR_OK)
		log_err("reader driver %u: no memory", ifd->index);
}

static err_t
open_sockets(struct standalone *sa, int *pcsc, int *reader)
{
	char name[32];
	err_t e;

	if ((e = listen_below(sa->dir, "pcscd.comm", pcsc)) ||
	    (e = listen_below(sa->dir, "reader.sock", reader)))
		return e;
	for (unsigned int i = 0; i < sa->n; i++) {
		(void)snprintf(name, sizeof(name), "virtual-%u.sock", i);
		if ((e = listen_below(sa->dir, name, &sa->listen[i])))
			return e;
	}
	return ERR_OK;
}

err_t
standalone_start(
    struct standalone *sa, struct service *svc, int *pcsc, int *reader)
{
	int fd;
	err_t e;

	self = sa;
	/* so that no descriptor of ours is one that the child has to have */
	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd < WORKER_DEVICE_FD);
	if ((e = open_sockets(sa, pcsc, reader)))
		return e;
	service_drivers(svc, sa->n);
	for (unsigned int i = 0; i < sa->n; i++) {
		svc->ifds[i].spawn = spawn;
		spawn(&svc->ifds[i]);
	}
	return ERR_OK;
}

void
standalone_stop(struct standalone *sa, struct service *svc)
{
	for (unsigned int i = 0; i < sa->n; i++) {
		if (svc->ifds[i].pid > 0)
			(void)kill(svc->ifds[i].pid, SIGTERM);
		fd_close(&sa->listen[i]);
	}
}
