/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the caller sits, as logind knows it (sd-login(3)). Every reader belongs
 * to seat0 for now. Without logind there is one seat and nobody is elsewhere:
 * then PAM_RHOST alone tells of remote logins.
 */
#ifndef SCS_POLICY_PLACE_H
#define SCS_POLICY_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

struct place {
	bool remote; /* or unknown */
	bool active; /* in an active session on the reader's seat */
	uid_t owner; /* of the session; in none, the peer's uid */
};

/*
 * The place of the process at the other end of a socket, whose uid is `uid`.
 * Below a private prefix readers are on no seat, and everybody is here.
 * In no session, it counts by its user's display session; a service of the
 * system, which root runs and no user owns, is here.
 */
struct place place_of_peer(const char *prefix, int fd, uid_t uid);

/* What logind says of a session; an error counts as remote. */
struct place_session {
	bool remote, active;
	const char *seat; /* NULL: none */
	uid_t owner;
};

/* The place of a caller with this uid whose process is in that session. */
struct place place_judge(const struct place_session *s, uid_t uid);

#endif
