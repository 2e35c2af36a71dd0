/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start one child program: descriptors in a fixed order, a user of its own, no
 * environment, no way back to privileges.
 */
#ifndef SCS_SCSD_SPAWN_H
#define SCS_SCSD_SPAWN_H

#include <sys/types.h>

#include "base/err.h"

#define SPAWN_FDS_MAX 4
#define SPAWN_MANY_FDS 65536
#define SPAWN_FEW_FDS 256
#define SPAWN_FEW_THREADS 128

struct spawn {
	const char *program; /* absolute path */
	const char *const *argv; /* NULL-terminated, argv[0] included */
	int fds[SPAWN_FDS_MAX]; /* become 3, 4, ... in the child; borrowed */
	size_t fds_n;
	int print; /* its standard output and error; borrowed; 0: ours */
	bool drop; /* change to uid and gid, no supplementary groups */
	bool few; /* few descriptors and threads: it is not trusted with more */
	uid_t uid;
	gid_t gid;
};

/*
 * Fork and execute. Standard input is /dev/null.
 * The child gets: no new privileges, no core dumps, SIGKILL when we die, as
 * much locked memory as it wants (secrets), umask 077, signals as at boot; and
 * descriptors for many clients, or, with `few`, SPAWN_FEW_FDS of them and, if
 * its user is its own, SPAWN_FEW_THREADS.
 *
 * ERR_ABSENT  the program cannot be opened
 * ERR_NOMEM   fork failed
 * Any failure in the child itself shows as exit status 127 and a line on
 * standard error: it never runs half confined.
 */
MUST_CHECK err_t spawn_child(const struct spawn *s, pid_t *pid);

#endif
