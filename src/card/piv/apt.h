/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application property template, SP 800-73-4 Part 2, 3.1.1: the answer to
 * SELECT.
 */
#ifndef SCS_CARD_PIV_APT_H
#define SCS_CARD_PIV_APT_H

#include "base/span.h"

struct piv_apt {
	struct span pix; /* borrowed; identifier, with or without the RID */
	struct span label; /* borrowed; application label (50), or empty */
};

/*
 * An empty answer is taken (older cards give none) and leaves both empty.
 * ERR_FORMAT: another application than PIV, or not a template.
 */
MUST_CHECK err_t piv_apt_parse(struct span in, struct piv_apt *out);

#endif
