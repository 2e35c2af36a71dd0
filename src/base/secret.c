/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mapping for each secret: small numbers of them live at a time, and a page
 * of its own can be locked, kept from dumps and wiped on fork without touching
 * a neighbour.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct secret {
	size_t n;
	uint8_t *p; /* a page of its own */
};

err_t
secret_new(size_t n, struct secret **out)
{
	struct secret *s;
	void *p;

	if (n == 0 || n > SECRET_MAX)
		return ERR_LIMIT;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return ERR_NOMEM;
	p = mmap(NULL, SECRET_MAX, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		free(s);
		return ERR_NOMEM;
	}
	if (mlock(p, SECRET_MAX) != 0 ||
	    madvise(p, SECRET_MAX, MADV_DONTDUMP) != 0 ||
	    madvise(p, SECRET_MAX, MADV_WIPEONFORK) != 0) {
		(void)munmap(p, SECRET_MAX);
		free(s);
		return ERR_NOMEM;
	}
	s->p = p;
	s->n = n;
	*out = s;
	return ERR_OK;
}

err_t
secret_from(struct span src, struct secret **out)
{
	struct secret *s;
	err_t e;

	if ((e = secret_new(src.n, &s)))
		return e;
	memcpy(s->p, src.p, src.n);
	*out = s;
	return ERR_OK;
}

void
secret_free(struct secret **sp)
{
	struct secret *s;

	if (sp == NULL || (s = *sp) == NULL)
		return;
	explicit_bzero(s->p, SECRET_MAX);
	(void)munmap(s->p, SECRET_MAX);
	free(s);
	*sp = NULL;
}

struct span
secret_span(const struct secret *s)
{
	return s == NULL ? SPAN_NONE : (struct span){ s->p, s->n };
}

uint8_t *
secret_bytes(struct secret *s)
{
	return s == NULL ? NULL : s->p;
}

size_t
secret_len(const struct secret *s)
{
	return s == NULL ? 0 : s->n;
}

void
secret_trim(struct secret *s, size_t n)
{
	if (s == NULL || n >= s->n)
		return;
	explicit_bzero(s->p + n, s->n - n);
	s->n = n;
}

bool
secret_eq(const struct secret *a, const struct secret *b)
{
	if (secret_len(a) == 0 || secret_len(b) == 0)
		return false;
	return span_eq(secret_span(a), secret_span(b));
}
