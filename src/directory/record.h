/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user's record: the passwd entry, and laid over it the property list
 * USERS_DIR/NAME.plist, which may hold
 *
 *	AuthenticationAuthority	array of strings; see directory/pairing.h
 *	SmartCardEnforcement	integer: 0 as the system, 1 always, 2 never
 *
 * Only users of the passwd database exist; a property list without one is
 * nobody. A record file decides who gets in: it must be root's alone.
 */
#ifndef SCS_DIRECTORY_RECORD_H
#define SCS_DIRECTORY_RECORD_H

#include <sys/types.h>

#include "base/why.h"
#include "directory/pairing.h"

#define RECORD_NAME_MAX 256 /* with NUL */
#define RECORD_PAIRINGS_MAX 64

struct record {
	char name[RECORD_NAME_MAX]; /* as passwd spells it */
	uid_t uid;
	gid_t gid;
	struct pkhh pairings[RECORD_PAIRINGS_MAX];
	size_t pairings_n;
	unsigned int enforcement; /* SmartCardEnforcement, 0 when absent */
};

/* May this be a user's name, and a file's? Not empty, no '/', no leading '.' or
 * '-', printable, short enough. */
bool record_name_ok(const char *name);

/*
 * The record of a user, read now.
 *
 * ERR_ABSENT  no such user
 * ERR_DENIED  the record or its folder could be written by others
 * ERR_FORMAT  a malformed record or name; nothing of it counts
 * ERR_LIMIT   too large, too many pairings
 */
MUST_CHECK err_t record_read(
    const char *prefix, const char *name, struct record *out, struct why *why);

/* The passwd name of a uid. ERR_ABSENT: none. */
MUST_CHECK err_t record_name_of(uid_t uid, char out[RECORD_NAME_MAX]);

/* The uid of a passwd name, without its record. ERR_ABSENT, ERR_FORMAT. */
MUST_CHECK err_t record_uid_of(const char *name, uid_t *out);

bool record_paired(const struct record *r, const struct pkhh *h);

/*
 * Write the pairing, for root's tools: atomically, other values and keys
 * untouched. A pairing that is there already is ERR_OK without writing.
 * Errors as record_read, and ERR_DENIED when not permitted; ERR_LIMIT also when
 * the user has `most` already (at most RECORD_PAIRINGS_MAX), whoever wrote them
 * since the last look.
 */
MUST_CHECK err_t record_pair(const char *prefix, const char *name,
    const struct pkhh *h, size_t most, struct why *why);

/*
 * Remove every value that pairs this key, old form too; `h` NULL removes all
 * pairings of the user. *removed is the number of values that went. A user who
 * is no longer in passwd can still be unpaired.
 */
MUST_CHECK err_t record_unpair(const char *prefix, const char *name,
    const struct pkhh *h, size_t *removed, struct why *why);

/* The pairings of a record file alone, without passwd (for the index). */
MUST_CHECK err_t record_file_pairings(const char *path,
    struct pkhh out[RECORD_PAIRINGS_MAX], size_t *n, struct why *why);

/* PREFIX/USERS_DIR/NAME.plist. ERR_FORMAT: not a name. */
MUST_CHECK err_t record_path(const char *prefix, const char *name, char *out);

/* The folder of all records must be root's (or our own) alone: ERR_DENIED. */
MUST_CHECK err_t record_folder_trusted(const char *prefix, struct why *why);

#endif
