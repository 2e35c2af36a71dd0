/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/access.h"

#include <systemd/sd-login.h>
#include <unistd.h>

#define SEAT "seat0" /* every reader's, until udev says another */
#define LOGIND_DIR "/run/systemd/seats/"

bool
access_login(const struct access *a, const struct peer *p)
{
	return a->auth_uid != (uid_t)-1 && p->uid == a->auth_uid;
}

bool
access_last_try(const struct access *a, const struct peer *p)
{
	return p->uid == 0 || p->uid == geteuid() || access_login(a, p);
}

err_t
access_check(
    const struct access *a, int fd, const struct peer *p, struct why *why)
{
	if (a->all || access_last_try(a, p))
		return ERR_OK;
	if (a->group != (gid_t)-1 && peer_in_group(fd, a->group))
		return ERR_OK;
	if (access(LOGIND_DIR, F_OK) != 0)
		return why_add(why, ERR_DENIED,
		    "user %u may not use the cards: logind does not run, so "
		    "nobody can tell who sits at this machine",
		    (unsigned int)p->uid);
	if (sd_uid_is_on_seat(p->uid, 1, SEAT) > 0)
		return ERR_OK;
	return why_add(why, ERR_DENIED,
	    "user %u may not use the cards: no active session at " SEAT,
	    (unsigned int)p->uid);
}
