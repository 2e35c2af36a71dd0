/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

void
buf_done(struct buf *b)
{
	if (b->p != NULL) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	*b = BUF_INIT(b->max);
}

void
buf_reset(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	b->n = 0;
	b->e = ERR_OK;
}

err_t
buf_status(const struct buf *b)
{
	return b->e;
}

struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

/* realloc() would leave the old bytes behind: move by hand and wipe. */
static bool
reserve(struct buf *b, size_t n)
{
	size_t want, cap;
	uint8_t *p;

	if (b->e != ERR_OK)
		return false;
	if (n > b->max || b->n > b->max - n) {
		b->e = ERR_LIMIT;
		return false;
	}
	want = b->n + n;
	if (want <= b->cap)
		return true;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < want)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	if ((p = calloc(1, cap)) == NULL) {
		b->e = ERR_NOMEM;
		return false;
	}
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
	uint8_t *at;

	if (!reserve(b, n) || b->p == NULL)
		return NULL;
	at = b->p + b->n;
	memset(at, 0, n);
	b->n += n;
	return at;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	return reserve(b, n) && b->p != NULL ? b->p + b->n : NULL;
}

void
buf_wrote(struct buf *b, size_t n)
{
	if (b->e == ERR_OK && n <= b->cap - b->n)
		b->n += n;
}

void
buf_put(struct buf *b, struct span s)
{
	if (s.n == 0 || !reserve(b, s.n))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

static void
put_int(struct buf *b, size_t n, uint64_t v)
{
	uint8_t bytes[8];

	for (size_t i = n; i-- > 0; v >>= 8)
		bytes[i] = (uint8_t)v;
	buf_put(b, span_from(bytes, n));
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	put_int(b, 1, v);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	put_int(b, 2, v);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	put_int(b, 4, v);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	put_int(b, 8, v);
}

void
buf_trim(struct buf *b, size_t n)
{
	if (n >= b->n)
		return;
	explicit_bzero(b->p + n, b->n - n);
	b->n = n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0 || n > b->n)
		return;
	memmove(b->p, b->p + n, b->n - n);
	buf_trim(b, b->n - n);
}

void
buf_insert(struct buf *b, size_t at, struct span s)
{
	size_t tail;

	if (s.n == 0 || at > b->n)
		return;
	tail = b->n - at;
	if (buf_grow(b, s.n) == NULL)
		return;
	memmove(b->p + at + s.n, b->p + at, tail);
	memcpy(b->p + at, s.p, s.n);
}
