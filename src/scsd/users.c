/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/users.h"

#include <grp.h>
#include <pwd.h>

#define SERVICES_MAX (USERS_WORKER_FIRST - USERS_BASE)

static err_t
nameless(uid_t uid, struct user_id *out)
{
	if (getpwuid(uid) != NULL || getgrgid((gid_t)uid) != NULL)
		return ERR_BUSY;
	*out = (struct user_id){ .uid = uid, .gid = (gid_t)uid };
	return ERR_OK;
}

err_t
users_service(
    const char *name, unsigned int nth, bool allow_numeric, struct user_id *out)
{
	const struct passwd *pw = getpwnam(name);

	if (pw != NULL && pw->pw_uid != 0) {
		*out = (struct user_id){ pw->pw_uid, pw->pw_gid };
		return ERR_OK;
	}
	if (!allow_numeric || nth >= SERVICES_MAX)
		return ERR_ABSENT;
	return nameless(USERS_BASE + nth, out);
}

err_t
users_cards_group(gid_t *out)
{
	const struct group *g = getgrnam(USERS_CARDS_GROUP);

	if (g == NULL || g->gr_gid == 0)
		return ERR_ABSENT;
	*out = g->gr_gid;
	return ERR_OK;
}

err_t
users_worker(
    const bool taken[USERS_WORKERS], unsigned int *slot, struct user_id *out)
{
	for (unsigned int i = 0; i < USERS_WORKERS; i++) {
		if (taken[i] || nameless(USERS_WORKER_FIRST + i, out) != ERR_OK)
			continue;
		*slot = i;
		return ERR_OK;
	}
	return ERR_LIMIT;
}
