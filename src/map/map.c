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

/*
 * The index proposes; the record, read now, decides. ERR_ABSENT: it pairs
 * nobody with this key. Any other error: nobody could look, and who is left out
 * for that would make a choice of one of what is a choice of two.
 */
static err_t
confirm(const char *prefix, const char *user, const struct pkhh *h,
    struct record *r, struct why *why)
{
	err_t e = record_read(prefix, user, r, why);

	if (e == ERR_NOMEM || e == ERR_IO)
		return e;
	return e == ERR_OK && record_paired(r, h) ? ERR_OK : ERR_ABSENT;
}

/* The users of one key, after those that were found before. */
static err_t
users_of_key(const struct map_source *from, const struct pkhh *h, size_t key,
    struct map_match out[MAP_USERS_MAX], size_t *total, struct why *why)
{
	char names[MAP_USERS_MAX][RECORD_NAME_MAX];
	struct record r;
	size_t n;
	err_t e;

	e = index_find(from->index, h, names, MAP_USERS_MAX, &n);
	if (e != ERR_OK)
		return why_add(why, e,
		    "more than %d users are paired with one key",
		    MAP_USERS_MAX);
	for (size_t i = 0; i < n; i++) {
		e = confirm(from->prefix, names[i], h, &r, why);
		if (e == ERR_ABSENT ||
		    (e == ERR_OK && is_known(out, *total, r.name)))
			continue;
		if (e != ERR_OK)
			return why_add(
			    why, e, "the record of user \"%s\"", names[i]);
		if (*total == MAP_USERS_MAX)
			return why_add(why, ERR_LIMIT,
			    "more than %d users are paired with the cards "
			    "that are there",
			    MAP_USERS_MAX);
		memcpy(out[*total].user, r.name, sizeof(r.name));
		out[(*total)++].key = key;
	}
	return ERR_OK;
}

err_t
map_users(const struct map_source *from, const struct pkhh *keys, size_t n,
    struct map_match out[MAP_USERS_MAX], size_t *found, struct why *why)
{
	size_t total = 0;
	err_t e;

	for (size_t k = 0; k < n; k++) {
		if ((e = users_of_key(from, &keys[k], k, out, &total, why)))
			return e;
	}
	*found = total;
	return total > 0 ? ERR_OK : ERR_ABSENT;
}
