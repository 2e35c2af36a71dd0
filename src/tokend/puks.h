/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many tries of the PUK a card has left at least, as it said when it
 * refused the last one. A PIV card tells that at no other time (SP 800-73-4 has
 * no way to ask), and whoever heard it, a worker, may be gone: so that the last
 * try is not spent without a yes, it is remembered here for each token, also
 * while its card is out.
 */
#ifndef SCS_TOKEND_PUKS_H
#define SCS_TOKEND_PUKS_H

#include "base/span.h"
#include "ipc/token-proto.h"

#define PUKS_MAX 64 /* tokens remembered; then the oldest goes */

struct puks {
	struct {
		char id[TOKEN_ID_MAX];
		uint8_t tries;
	} all[PUKS_MAX];
	size_t next; /* to be overwritten */
};

/* TOKEN_TRIES_UNKNOWN: it has not refused one, or has taken one since. */
uint8_t puks_tries(const struct puks *p, const char *id);

/* What a worker answered to TOK_UNBLOCK: the body of its TOK_ANSWER. */
void puks_answer(struct puks *p, const char *id, struct span body);

/* No answer came to TOK_UNBLOCK: the try may have been spent. */
void puks_no_answer(struct puks *p, const char *id);

#endif
