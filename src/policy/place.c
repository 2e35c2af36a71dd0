/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/def.h"

#define READER_SEAT "seat0"

static const struct place here = { .remote = false, .active = true };
static const struct place unknown = { .remote = true, .active = false };

static struct place
place_of_session(const char *session)
{
	CLEANUP(free_mem) char *seat = NULL;

	if (sd_session_is_remote(session) != 0) /* or an error */
		return unknown;
	if (sd_session_get_seat(session, &seat) < 0 ||
	    strcmp(seat, READER_SEAT) != 0)
		return (struct place){ .remote = false, .active = false };
	return (struct place){ .remote = false,
		.active = sd_session_is_active(session) > 0 };
}

/* "In none" is an answer; everything else is not knowing. */
static bool
is_none(int r)
{
	return r == -ENODATA || r == -ENXIO;
}

struct place
place_of_peer(const char *prefix, int fd, uid_t uid)
{
	CLEANUP(free_mem) char *session = NULL;
	uid_t owner;
	int r;

	if (prefix[0] != '\0')
		return here;
	/* logind makes its first seat when it starts; the folder alone may
	 * have come with a package */
	if (access("/run/systemd/seats/" READER_SEAT, F_OK) != 0)
		return here;
	if ((r = sd_peer_get_session(fd, &session)) >= 0)
		return place_of_session(session);
	if (!is_none(r))
		return unknown;
	if ((r = sd_peer_get_owner_uid(fd, &owner)) >= 0)
		return sd_uid_get_display(owner, &session) >= 0
		    ? place_of_session(session)
		    : unknown;
	return is_none(r) && uid == 0 ? here : unknown;
}
