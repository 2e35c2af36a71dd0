/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pairing: one value of a user's AuthenticationAuthority,
 *
 *	;tokenidentity;HASH	as written today
 *	;pubkeyhash;HASH	as written long ago, honoured
 *
 * HASH is the SHA-1 of the contents of the login key's BIT STRING (RFC 5280,
 * 4.2.1.2, method 1) as 40 hex digits, written in upper case.
 */
#ifndef SCS_DIRECTORY_PAIRING_H
#define SCS_DIRECTORY_PAIRING_H

#include "base/span.h"

#define PKHH_SIZE 20
#define PAIRING_VALUE_SIZE (15 + 2 * PKHH_SIZE + 1) /* with NUL */

struct pkhh {
	uint8_t b[PKHH_SIZE];
};

bool pkhh_eq(const struct pkhh *a, const struct pkhh *b);

/* Exactly 40 hex digits of either case, nothing else: else ERR_FORMAT. */
MUST_CHECK err_t pkhh_parse(const char *hex, struct pkhh *out);

/* Upper case, 2 * PKHH_SIZE + 1 chars. */
void pkhh_print(const struct pkhh *h, char out[2 * PKHH_SIZE + 1]);

/*
 * One value. The middle word is taken in any case, the digits too. ERR_ABSENT:
 * a value of another kind (";ShadowHash;..."). ERR_FORMAT: a pairing that is
 * malformed; it pairs nothing.
 */
MUST_CHECK err_t pairing_parse(const char *value, struct pkhh *out);

void pairing_print(const struct pkhh *h, char out[PAIRING_VALUE_SIZE]);

#endif
