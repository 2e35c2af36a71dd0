/* SPDX-License-Identifier: BSD-2-Clause */
/* The AuthenticationAuthority of a record's property list. */
#ifndef SCS_DIRECTORY_ATTR_H
#define SCS_DIRECTORY_ATTR_H

#include "directory/record.h"
#include "prefs/pl.h"

/*
 * All pairings. A value of another kind is passed over, a malformed pairing
 * too: it pairs nothing. ERR_FORMAT: the attribute is not an array of strings
 * (one string alone counts as an array of one). ERR_LIMIT: too many.
 */
MUST_CHECK err_t attr_pairings(plist_t list,
    struct pkhh out[RECORD_PAIRINGS_MAX], size_t *n, struct why *why);

/* Append ";tokenidentity;HASH"; the attribute is made when missing. */
MUST_CHECK err_t attr_add(plist_t list, const struct pkhh *h, struct why *why);

/* Remove the pairings with this key, or all when NULL. */
MUST_CHECK err_t attr_remove(
    plist_t list, const struct pkhh *h, size_t *removed, struct why *why);

#endif
