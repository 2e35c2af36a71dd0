/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Property lists that decide who gets in: XML (PropertyList-1.0.dtd) and binary
 * ("bplist00"), read and written by libplist behind a guard. libplist accepts
 * much that it should not and its destructor recurses, so the shape of the
 * bytes is checked before they reach it, and each value after.
 */
#ifndef SCS_PREFS_PL_H
#define SCS_PREFS_PL_H

#include <plist/plist.h>

#include "base/span.h"
#include "base/why.h"

#define PL_SIZE_MAX (256 * 1024) /* bytes of a file, and of all its texts */
#define PL_DEPTH_MAX 32 /* containers inside each other */
#define PL_NODES_MAX 20000 /* values, each counted where it is used */

/*
 * Check the shape without libplist: nesting, counts, element names, integers
 * that fit into int64_t, keys with values, nothing after the end. *keys is the
 * number of dictionary keys in the whole list.
 *
 * ERR_LIMIT   longer, deeper or more than the caps above
 * ERR_FORMAT  anything else; `why` says what
 */
MUST_CHECK err_t pl_guard_xml(struct span in, size_t *keys, struct why *why);
MUST_CHECK err_t pl_guard_binary(struct span in, size_t *keys, struct why *why);

/*
 * Guard, parse, check. The root is a dictionary; every string and key is UTF-8
 * without control characters but tab and line ends; no key occurs twice in a
 * dictionary. `out` is taken by the caller. Errors as above, and ERR_NOMEM.
 */
MUST_CHECK err_t pl_parse(struct span in, plist_t *out, struct why *why);

/* The folder belongs to root or to us, and nobody else can write it: ERR_DENIED.
 * One that is not there is fine. */
MUST_CHECK err_t pl_folder_trusted(const char *folder, struct why *why);

/*
 * pl_parse() of a trusted file (base/file.h) in a trusted folder, in which
 * nobody else can put it, or take it away: ERR_ABSENT, ERR_DENIED, ERR_IO as
 * well. `why` names the file.
 */
MUST_CHECK err_t pl_load(const char *path, plist_t *out, struct why *why);

/*
 * Write as XML, atomically, mode 0644; the folder is made when missing. What
 * pl_parse() would refuse is not written: ERR_FORMAT, ERR_LIMIT.
 */
MUST_CHECK err_t pl_store(const char *path, plist_t list, struct why *why);

/* CLEANUP(pl_free); accepts NULL, leaves NULL. */
void pl_free(plist_t *list);

#define PL_LOCK_NAME "/.lock"

/*
 * A file that is being changed: its folder is held against other writers of
 * ours. The folder is made when missing, and in it the file ".lock", which nobody
 * else can open.
 */
struct pl_edit {
	const char *path; /* borrowed */
	int lock; /* owned */
	plist_t list; /* owned; empty if there is no file yet */
};

#define PL_EDIT_INIT       \
	{                  \
		.lock = -1 \
	}

/* Lock and pl_load(); then change x->list and pl_edit_store(). */
MUST_CHECK err_t pl_edit_open(
    struct pl_edit *x, const char *path, struct why *why);
MUST_CHECK err_t pl_edit_store(const struct pl_edit *x, struct why *why);
void pl_edit_done(struct pl_edit *x); /* CLEANUP */

/*
 * Values of a node. ERR_FORMAT: of another type (or NULL). Strings are
 * borrowed from the node.
 *
 * A boolean may also be the integer 0 or 1 or a word that CFPreferences takes
 * for one (YES, NO, true, false in any case); an integer may be a boolean.
 */
MUST_CHECK err_t pl_bool(plist_t node, bool *out);
MUST_CHECK err_t pl_int(plist_t node, int64_t *out);
MUST_CHECK err_t pl_string(plist_t node, const char **out);

/* ERR_OK when the node is an array and all of it are strings. */
MUST_CHECK err_t pl_strings(plist_t node);

#endif
