/* SPDX-License-Identifier: BSD-2-Clause */
/* One value of one known key: is it of its type and in its range? */
#ifndef SCS_PREFS_VALUE_H
#define SCS_PREFS_VALUE_H

#include "prefs/pl.h"
#include "prefs/prefs.h"

/* ERR_FORMAT: no; `why` names the key and what it wants. */
MUST_CHECK err_t value_check(
    const struct pref_key *k, plist_t node, struct why *why);

#endif
