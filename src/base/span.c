/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include <string.h>

struct span
span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

struct span
span_from(const void *p, size_t n)
{
	return (struct span){ p, n };
}

bool
span_eq(struct span a, struct span b)
{
	unsigned int diff = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		diff |= (unsigned int)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

struct span
span_first(struct span s, size_t n)
{
	if (s.n > n)
		s.n = n;
	return s;
}

err_t
span_take(struct span *in, size_t n, struct span *out)
{
	if (in->n < n)
		return ERR_SHORT;
	*out = (struct span){ in->p, n };
	if (n != 0)
		in->p += n;
	in->n -= n;
	return ERR_OK;
}

/* n is 1, 2, 4 or 8. */
static err_t
take_int(struct span *in, size_t n, uint64_t *out)
{
	struct span s;
	uint64_t v = 0;
	err_t e;

	if ((e = span_take(in, n, &s)))
		return e;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | s.p[i];
	*out = v;
	return ERR_OK;
}

err_t
span_u8(struct span *in, uint8_t *out)
{
	uint64_t v;
	err_t e = take_int(in, 1, &v);

	if (e == ERR_OK)
		*out = (uint8_t)v;
	return e;
}

err_t
span_u16(struct span *in, uint16_t *out)
{
	uint64_t v;
	err_t e = take_int(in, 2, &v);

	if (e == ERR_OK)
		*out = (uint16_t)v;
	return e;
}

err_t
span_u32(struct span *in, uint32_t *out)
{
	uint64_t v;
	err_t e = take_int(in, 4, &v);

	if (e == ERR_OK)
		*out = (uint32_t)v;
	return e;
}

err_t
span_u64(struct span *in, uint64_t *out)
{
	return take_int(in, 8, out);
}

err_t
span_end(struct span in)
{
	return in.n == 0 ? ERR_OK : ERR_FORMAT;
}
