/* SPDX-License-Identifier: BSD-2-Clause */
/* The Key History object, SP 800-73-4 Part 1, 3.3.3: retired keys. */
#ifndef SCS_CARD_PIV_HISTORY_H
#define SCS_CARD_PIV_HISTORY_H

#include "base/span.h"

#define PIV_RETIRED_MAX 20 /* keys 82 to 95 */

struct piv_history {
	uint8_t on_card; /* retired keys with a certificate on the card */
	uint8_t off_card; /* and without one; their URL is ignored */
};

/*
 * 53 { C1 on card, C2 off card, F3 URL, ... }.
 * ERR_FORMAT: also for more than 20 keys, or a count missing.
 */
MUST_CHECK err_t piv_history_parse(struct span in, struct piv_history *out);

#endif
