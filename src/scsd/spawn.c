/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define FIRST_FD 3
#define SPARE_FD 64 /* above everything that is moved into place */

/* Between fork and exec every failure ends the child: it never runs half
 * confined. */
static void
die(const char *what)
{
	log_err("starting a child: %s failed: %s", what, strerror(errno));
	_exit(127);
}

static void
place_fds(const struct spawn *s, int *program)
{
	int spare[SPAWN_FDS_MAX], null;

	if ((null = open("/dev/null", O_RDONLY)) < 0 || dup2(null, 0) < 0)
		die("/dev/null");
	if (s->print > 0 && (dup2(s->print, 1) < 0 || dup2(s->print, 2) < 0))
		die("dup2");
	if ((*program = fcntl(*program, F_DUPFD_CLOEXEC, SPARE_FD)) < 0)
		die("F_DUPFD");
	for (size_t i = 0; i < s->fds_n; i++) {
		if ((spare[i] = fcntl(s->fds[i], F_DUPFD, SPARE_FD)) < 0)
			die("F_DUPFD");
	}
	for (size_t i = 0; i < s->fds_n; i++) {
		if (dup2(spare[i], FIRST_FD + (int)i) < 0)
			die("dup2");
	}
	/* gone at exec, the program's own descriptor with them */
	if (close_range(FIRST_FD + (unsigned int)s->fds_n, ~0u,
		CLOSE_RANGE_CLOEXEC) != 0)
		die("close_range");
}

/* A service raises its own limit as far as we let it; some start with little. */
static void
limit_many(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_max >= SPAWN_MANY_FDS)
		return;
	r.rlim_max = SPAWN_MANY_FDS;
	/* needs privilege, and the system may have less: it goes on with that */
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static void
limit_few(const struct spawn *s)
{
	static const struct rlimit fds = { SPAWN_FEW_FDS, SPAWN_FEW_FDS };
	static const struct rlimit threads = { SPAWN_FEW_THREADS,
		SPAWN_FEW_THREADS };
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		die("RLIMIT_NOFILE");
	if (now.rlim_max > SPAWN_FEW_FDS &&
	    setrlimit(RLIMIT_NOFILE, &fds) != 0) {
		/* the kernel lets everybody lower it; valgrind only this */
		now.rlim_cur = SPAWN_FEW_FDS;
		if (setrlimit(RLIMIT_NOFILE, &now) != 0)
			die("RLIMIT_NOFILE");
	}
	/* counted for the user: an ordinary one has others besides us */
	if (s->drop && setrlimit(RLIMIT_NPROC, &threads) != 0)
		die("RLIMIT_NPROC");
}

static void
limit(const struct spawn *s)
{
	static const struct rlimit none = { 0, 0 };
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		die("RLIMIT_CORE");
	/* needs privilege; an ordinary user keeps what he has */
	(void)setrlimit(RLIMIT_MEMLOCK, &all);
	if (s->few)
		limit_few(s);
	else
		limit_many();
}

static void
become(const struct spawn *s)
{
	if (s->drop) {
		if (setgroups(0, NULL) != 0)
			die("setgroups");
		if (setresgid(s->gid, s->gid, s->gid) != 0)
			die("setresgid");
		if (setresuid(s->uid, s->uid, s->uid) != 0)
			die("setresuid");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("PR_SET_NO_NEW_PRIVS");
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL); /* fails for two: they are that */
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		die("sigprocmask");
}

static void
child(const struct spawn *s, int program, pid_t parent)
{
	static char *const no_env[] = { NULL };

	reset_signals();
	place_fds(s, &program);
	limit(s);
	become(s);
	/* after the change of user, which clears it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		die("PR_SET_PDEATHSIG");
	if (getppid() != parent)
		_exit(127); /* the parent died before we asked */
	(void)umask(077);
	if (chdir("/") != 0)
		die("chdir");
	(void)fexecve(program, (char *const *)(uintptr_t)s->argv, no_env);
	die(s->program);
}

err_t
spawn_child(const struct spawn *s, pid_t *pid)
{
	pid_t parent = getpid(), p;
	CLOSE_FD int program = -1;

	if (s->fds_n > SPAWN_FDS_MAX)
		return ERR_LIMIT;
	/* opened here: the child's user may not reach the folder it is in */
	if ((program = open(s->program, O_RDONLY | O_CLOEXEC)) < 0)
		return ERR_ABSENT;
	if ((p = fork()) < 0)
		return ERR_NOMEM;
	if (p == 0)
		child(s, program, parent);
	*pid = p;
	return ERR_OK;
}
