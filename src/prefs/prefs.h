/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The preferences of the system. Each key is looked up in the managed file,
 * then in the system's file, then has its default; values of single users do
 * not count. All keys, their types, defaults and ranges are in prefs/keys.c.
 *
 *	MANAGED_DIR/DOMAIN.plist	what an installed profile says
 *	PREFS_DIR/DOMAIN.plist		what `defaults write` says
 */
#ifndef SCS_PREFS_PREFS_H
#define SCS_PREFS_PREFS_H

#include "base/why.h"

#define PREFS_SMARTCARD "com.apple.security.smartcard"
#define PREFS_AUTHORIZATION "com.apple.security.authorization"

enum pref { /* see prefs/keys.c */
	PREF_USER_PAIRING,
	PREF_ALLOW_SMART_CARD,
	PREF_ONE_CARD_PER_USER,
	PREF_CHECK_CERTIFICATE_TRUST,
	PREF_ENFORCE_SMART_CARD,
	PREF_TOKEN_REMOVAL_ACTION,
	PREF_ALLOW_UNMAPPED_USERS,
	PREF_DISABLED_TOKENS,
	PREF_LOGGING,
	PREF_USE_IFD_CCID,
	PREF_ALLOW_ALTERNATIVE_FI_DI,
	PREF_USE_PUBKEY_HASH_NETWORK_OD,
	PREF_CARDS_NEED_BASE_FI_DI,
	PREF_IGNORE_ARD,
	PREF_COUNT
};

enum pref_type {
	PREF_BOOL,
	PREF_INT,
	PREF_LIST, /* of strings */
};

enum pref_origin {
	PREF_MANAGED,
	PREF_SYSTEM,
	PREF_DEFAULT,
};

struct pref_key {
	const char *domain, *name;
	enum pref_type type;
	int64_t def, min, max; /* of booleans and integers; lists: empty */
};

extern const struct pref_key pref_keys[PREF_COUNT];

/* The key with this name in this domain; PREF_COUNT: not one of ours. */
enum pref pref_find(const char *domain, const char *name);

struct prefs; /* opaque; not shared between threads */

/*
 * Read all files below `prefix` (base/path.h). A file that is missing is
 * empty; one that is bad is a problem (below), not an error.
 */
MUST_CHECK err_t prefs_open(const char *prefix, struct prefs **out);
void prefs_close(struct prefs **p); /* CLEANUP(prefs_close) */

/*
 * Read again. A file that is malformed, untrusted or unreadable keeps the last
 * values that were valid; so does a single key of the wrong type or range.
 * Without memory or descriptors to look, what is kept is not sound.
 */
void prefs_reload(struct prefs *p);

/*
 * False when there is a bad file or value of which no valid version was ever
 * read, or nobody could look: what the administrator wants is unknown. Who
 * decides with these preferences refuses then.
 */
bool prefs_sound(const struct prefs *p);

/* What is wrong with which file, at the last reading; NULL after the last. */
const char *prefs_problem(const struct prefs *p, size_t i);

/* Asking for a key with another type than its own is a bug: assertion. */
bool prefs_bool(const struct prefs *p, enum pref key);
int64_t prefs_int(const struct prefs *p, enum pref key);

/* The i-th string of a list, NULL after the last. Borrowed until reload. */
const char *prefs_item(const struct prefs *p, enum pref key, size_t i);

enum pref_origin prefs_origin(const struct prefs *p, enum pref key);

/* A value for prefs_set. `list` has n strings, borrowed. */
struct pref_value {
	enum pref_type type;
	int64_t number; /* PREF_BOOL: 0 or 1 */
	const char *const *list;
	size_t n;
};

/*
 * Write one key of the system's file of a domain, for root's tools: atomically,
 * other keys untouched; `v` NULL deletes it. A known key must have its type and
 * range; unknown keys and domains are written as they are.
 *
 * ERR_DENIED  not permitted (not root, or the file is not root's alone)
 * ERR_FORMAT  wrong type or range, the present file is malformed, or no name
 * ERR_ABSENT  nothing to delete
 */
MUST_CHECK err_t prefs_set(const char *prefix, const char *domain,
    const char *key, const struct pref_value *v, struct why *why);

#define PREFS_ITEMS_MAX 64

/*
 * Put one string into a list of the system's file, or take it out, wherever it
 * stands: nothing that others write at the same time is lost. Errors as above;
 * ERR_ABSENT: it is so already. ERR_LIMIT: PREFS_ITEMS_MAX are in it.
 */
MUST_CHECK err_t prefs_set_item(const char *prefix, enum pref key,
    const char *item, bool in, struct why *why);

#endif
