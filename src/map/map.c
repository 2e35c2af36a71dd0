/* SPDX-License-Identifier: BSD-2-Clause */
#include "map/map.h"

#include <string.h>

static bool
is_known(const struct map_match *m, size_t n, const char *user)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(m[i].user, user) == 0)
			return true;
	}
	return false;
}

/* The index proposes; the record, read now, decides. */
static bool
confirmed(const char *prefix, const char *user, const struct pkhh *h,
    struct record *r, struct why *why)
{
	return record_read(prefix, user, r, why) == ERR_OK &&
	    record_paired(r, h);
}

err_t
map_users(const struct map_source *from, const struct pkhh *keys, size_t n,
    struct map_match out[MAP_USERS_MAX], size_t *found, struct why *why)
{
	char names[MAP_USERS_MAX][RECORD_NAME_MAX];
	struct record r;
	size_t names_n, total = 0;
	err_t e;

	for (size_t k = 0; k < n; k++) {
		e = index_find(
		    from->index, &keys[k], names, MAP_USERS_MAX, &names_n);
		if (e != ERR_OK)
			return why_add(why, e,
			    "more than %d users are paired with one key",
			    MAP_USERS_MAX);
		for (size_t i = 0; i < names_n; i++) {
			if (!confirmed(
				from->prefix, names[i], &keys[k], &r, why) ||
			    is_known(out, total, r.name))
				continue;
			if (total == MAP_USERS_MAX)
				return why_add(why, ERR_LIMIT,
				    "more than %d users are paired with the "
				    "cards that are there",
				    MAP_USERS_MAX);
			memcpy(out[total].user, r.name, sizeof(r.name));
			out[total++].key = k;
		}
	}
	*found = total;
	return total > 0 ? ERR_OK : ERR_ABSENT;
}
