/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An owned, capped byte buffer. Writers are sticky: they return nothing, the
 * first failure is remembered and later writes do nothing; ask buf_status()
 * once at the end. Memory that a buffer gives up is wiped, always: an APDU may
 * have carried a PIN.
 */
#ifndef SCS_BASE_BUF_H
#define SCS_BASE_BUF_H

#include "base/span.h"

struct buf {
	uint8_t *p; /* owned */
	size_t n; /* bytes used */
	size_t cap; /* bytes allocated */
	size_t max; /* never more than this */
	err_t e; /* first failure, ERR_OK if none */
};

/* An empty buffer that will hold at most `max` bytes. Allocates nothing. */
#define BUF_INIT(max_bytes) ((struct buf){ .max = (max_bytes) })

void buf_init(struct buf *b, size_t max);

/* Wipe and free; the buffer is empty and usable again. CLEANUP(buf_done). */
void buf_done(struct buf *b);

/* Forget the contents (wiped) and the failure; keep the memory. */
void buf_reset(struct buf *b);

/* ERR_NOMEM or ERR_LIMIT when a write failed. */
MUST_CHECK err_t buf_status(const struct buf *b);

/* What has been written. Borrowed until the next write. */
struct span buf_span(const struct buf *b);

/* None of these may be given bytes of `b` itself: growing moves them. */
void buf_put(struct buf *b, struct span s);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v); /* big-endian, as all here */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);

/*
 * Make room for n bytes at the end and count them as written, zeroed.
 * NULL after a failure, and for n == 0 while the buffer has no memory yet.
 * Borrowed until the next write.
 */
uint8_t *buf_grow(struct buf *b, size_t n);

/*
 * Room for n more bytes, for somebody else to write to; they do not count until
 * buf_wrote() says how many (at most n) there are. At first they are zero; what
 * is written behind those that count stays there. NULL after a failure.
 */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_wrote(struct buf *b, size_t n);

/* Cut down to the first n bytes (wiping the rest); n > b->n does nothing. */
void buf_trim(struct buf *b, size_t n);

/* Drop the first n bytes, moving the rest to the front. n <= b->n. */
void buf_drop(struct buf *b, size_t n);

/* Insert `s` at `at` (at <= b->n), moving what follows. */
void buf_insert(struct buf *b, size_t at, struct span s);

#endif
