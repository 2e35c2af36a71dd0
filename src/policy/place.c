/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/def.h"

#define READER_SEAT "seat0"

static struct place
here(uid_t owner)
{
	return (struct place){ .active = true, .owner = owner };
}

static struct place
unknown(uid_t owner)
{
	return (struct place){ .remote = true, .owner = owner };
}

struct place
place_judge(const struct place_session *s, uid_t uid)
{
	struct place away = { .owner = uid == 0 ? s->owner : uid };

	if (s->remote)
		return unknown(away.owner);
	/* the process that connected may have ended, and its number be that of
	 * one in somebody else's session: ordinary users count in their own */
	if (away.owner != s->owner)
		return away;
	if (s->seat == NULL || strcmp(s->seat, READER_SEAT) != 0)
		return away;
	return (struct place){ .active = s->active, .owner = s->owner };
}

static struct place
place_of_session(const char *session, uid_t uid)
{
	CLEANUP(free_mem) char *seat = NULL;
	struct place_session s = { .remote =
				       sd_session_is_remote(session) != 0 };

	if (sd_session_get_uid(session, &s.owner) < 0)
		return unknown(uid);
	if (sd_session_get_seat(session, &seat) >= 0)
		s.seat = seat;
	s.active = sd_session_is_active(session) > 0;
	return place_judge(&s, uid);
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
		return here(uid);
	/* logind makes its first seat when it starts; the folder alone may
	 * have come with a package */
	if (access("/run/systemd/seats/" READER_SEAT, F_OK) != 0)
		return errno == ENOENT || errno == ENOTDIR ? here(uid)
							   : unknown(uid);
	if ((r = sd_peer_get_session(fd, &session)) >= 0)
		return place_of_session(session, uid);
	if (!is_none(r))
		return unknown(uid);
	if ((r = sd_peer_get_owner_uid(fd, &owner)) >= 0)
		return sd_uid_get_display(owner, &session) >= 0
		    ? place_of_session(session, uid)
		    : unknown(owner);
	return is_none(r) && uid == 0 ? here(uid) : unknown(uid);
}
