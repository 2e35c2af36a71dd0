/* SPDX-License-Identifier: BSD-2-Clause */
/* The Discovery Object, SP 800-73-4 Part 1, 3.3.2: which PIN counts. */
#ifndef SCS_CARD_PIV_DISCOVERY_H
#define SCS_CARD_PIV_DISCOVERY_H

#include "base/span.h"

struct piv_discovery {
	bool app_pin; /* the application's own PIN opens its keys */
	bool global_pin; /* so does the card's global PIN */
	bool prefer_global; /* ask for the global one */
};

/*
 * 7E { 4F identifier, 5F2F policy (2 bytes) }.
 * ERR_SHORT, ERR_FORMAT: as piv_chuid_parse().
 */
MUST_CHECK err_t piv_discovery_parse(struct span in, struct piv_discovery *out);

#endif
