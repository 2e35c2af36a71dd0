/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A borrowed view of bytes, and the readers that take things off its front.
 * No function here allocates, and none reads outside [p, p + n).
 */
#ifndef SCS_BASE_SPAN_H
#define SCS_BASE_SPAN_H

#include "base/err.h"

struct span {
	const uint8_t *p; /* borrowed; may be NULL when n is 0 */
	size_t n; /* bytes */
};

#define SPAN_NONE ((struct span){ NULL, 0 })
#define SPAN_OF(array) ((struct span){ (array), sizeof(array) })

/* A view of a C string without its NUL. */
struct span span_str(const char *s);

struct span span_from(const void *p, size_t n);

/* Compare in time that depends on the lengths alone. */
bool span_eq(struct span a, struct span b);

/* At most the first n bytes; never fails. */
struct span span_first(struct span s, size_t n);

/*
 * Take something off the front of `in`. `in` moves past it; on failure neither
 * `in` nor the output changes. ERR_SHORT: fewer bytes than asked for.
 * Integers are big-endian.
 */
MUST_CHECK err_t span_take(struct span *in, size_t n, struct span *out);
MUST_CHECK err_t span_u8(struct span *in, uint8_t *out);
MUST_CHECK err_t span_u16(struct span *in, uint16_t *out);
MUST_CHECK err_t span_u32(struct span *in, uint32_t *out);
MUST_CHECK err_t span_u64(struct span *in, uint64_t *out);

/* ERR_FORMAT unless nothing is left. The last word of every parser. */
MUST_CHECK err_t span_end(struct span in);

#endif
