/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only home of PINs, PUKs, management keys and private keys: memory that is
 * locked, left out of core dumps, gone after fork, wiped when freed. There is
 * no printf, no copy by assignment and no == for it.
 */
#ifndef SCS_BASE_SECRET_H
#define SCS_BASE_SECRET_H

#include "base/span.h"

#define SECRET_MAX 4096 /* bytes; a page */

struct secret; /* opaque */

/*
 * n zero bytes, 1 to SECRET_MAX. Taken by the caller.
 *
 * ERR_LIMIT  n is 0 or too large
 * ERR_NOMEM  no memory, or it could not be locked
 */
MUST_CHECK err_t secret_new(size_t n, struct secret **out);

/* The same, filled from `s`; the source is not wiped. */
MUST_CHECK err_t secret_from(struct span s, struct secret **out);

/* Wipe and free. Accepts NULL, leaves NULL. CLEANUP(secret_free). */
void secret_free(struct secret **s);

/*
 * Borrowed views, valid until secret_free. NULL gives an empty span, NULL, 0.
 */
struct span secret_span(const struct secret *s);
uint8_t *secret_bytes(struct secret *s);
size_t secret_len(const struct secret *s);

/*
 * Shorten to the first n bytes, wiping the rest; a larger n does nothing.
 * Accepts NULL.
 */
void secret_trim(struct secret *s, size_t n);

/*
 * Equal, in constant time for equal lengths. A secret that is not there, or
 * has been trimmed to nothing, equals nothing: two missing PINs are no match.
 */
bool secret_eq(const struct secret *a, const struct secret *b);

#endif
