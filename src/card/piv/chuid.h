/* SPDX-License-Identifier: BSD-2-Clause */
/* The Card Holder Unique Identifier, SP 800-73-4 Part 1, 3.1.2 and table 9. */
#ifndef SCS_CARD_PIV_CHUID_H
#define SCS_CARD_PIV_CHUID_H

#include "base/span.h"

#define PIV_GUID_LEN 16
#define PIV_EXPIRY_LEN 8 /* YYYYMMDD */

struct piv_chuid {
	struct span fascn; /* borrowed; 25 bytes, or empty */
	struct span guid; /* borrowed; 16 bytes; empty: none, or all zero */
	char expiry[PIV_EXPIRY_LEN + 1]; /* digits, or "" */
};

/*
 * 53 { 30 FASC-N, 34 GUID, 35 expiry, 3E signature, ... }. Elements may come in
 * any order, known ones at most once; unknown ones are skipped. The signature
 * is not checked: nothing relies on the CHUID but the token's name.
 *
 * ERR_SHORT   an item ends after its container
 * ERR_FORMAT  wrong tag, wrong length of a known element, an element twice, an
 *             expiry that is not digits, bytes after the end
 */
MUST_CHECK err_t piv_chuid_parse(struct span in, struct piv_chuid *out);

/*
 * The card's last day has passed at `now` (seconds since 1970, UTC).
 *
 * ERR_ABSENT  it has no last day
 * ERR_FORMAT  there is no such day
 */
MUST_CHECK err_t piv_chuid_expired(
    const struct piv_chuid *c, int64_t now, bool *expired);

#endif
