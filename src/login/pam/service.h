/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to scs-authd, and whether it is scs-authd. A caller with privileges
 * gives its PIN and takes its verdict only over a path that nobody but root
 * can change, and only from root or the user scs-auth; an ordinary one also
 * from itself, over its own folders.
 */
#ifndef SCS_LOGIN_PAM_SERVICE_H
#define SCS_LOGIN_PAM_SERVICE_H

#include "login/pam/args.h"

#define SERVICE_USER "scs-auth"

struct caller {
	bool privileged; /* root, set-id, or with capabilities */
	uid_t uid; /* effective */
};

struct caller caller_self(void);

/*
 * Connect under a->prefix; the caller owns *fd.
 *
 * ERR_SERVICE  no such socket, or nobody listens
 * ERR_TIMEOUT  its queue is full and does not move
 * ERR_DENIED   not to be trusted: `why` names the folder or the user
 */
MUST_CHECK err_t service_connect(const struct caller *who, const struct args *a,
    uint64_t deadline, int *fd, struct why *why);

#endif
