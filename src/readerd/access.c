/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/access.h"

#include <stdlib.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#define SEAT "seat0"

/* An active session at the seat with the readers. */
static bool
at_the_seat(uid_t uid)
{
	return sd_uid_is_on_seat(uid, 1, SEAT) > 0;
}

static bool
one_of_ours(const struct access *a, uid_t uid)
{
	for (size_t i = 0; i < a->uids_n; i++) {
		if (a->uids[i] == uid)
			return true;
	}
	return false;
}

bool
access_allowed(const struct access *a, int fd, const struct peer *peer)
{
	if (a->all || peer->uid == 0 || peer->uid == geteuid() ||
	    one_of_ours(a, peer->uid))
		return true;
	if (a->has_group && fd >= 0 && peer_in_group(fd, a->group))
		return true;
	return at_the_seat(peer->uid);
}
