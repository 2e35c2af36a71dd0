/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the login keys of the cards that are there to users: fixed pairing.
 * Nothing here picks among several users; that is the user's choice.
 */
#ifndef SCS_MAP_MAP_H
#define SCS_MAP_MAP_H

#include "directory/index.h"

#define MAP_USERS_MAX 16

struct map_source {
	const char *prefix; /* of the records */
	const struct hash_index *index;
};

struct map_match {
	char user[RECORD_NAME_MAX];
	size_t key; /* index into the keys that were asked */
};

/*
 * The users paired with any of the keys: one look-up for each key, then the
 * found records alone are read and must still hold the pairing. Each user once,
 * with the first of his keys. `why` collects what was wrong with a record that
 * was dropped. ERR_ABSENT: nobody. ERR_LIMIT: more than MAP_USERS_MAX.
 * ERR_NOMEM, ERR_IO: a record could not be looked at, so it is not known whose
 * the keys are.
 */
MUST_CHECK err_t map_users(const struct map_source *from,
    const struct pkhh *keys, size_t n, struct map_match out[MAP_USERS_MAX],
    size_t *found, struct why *why);

/*
 * Does /etc/SmartcardLogin.plist ask for an attribute mapping? ERR_OK: it does.
 * ERR_ABSENT: no. Any other error: the file is there and cannot be used; `why`
 * says why.
 */
MUST_CHECK err_t map_wants_attributes(const char *prefix, struct why *why);

#endif
