/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linker's --wrap: calls of malloc() become calls of __wrap_malloc().
 * mmap is mmap64, since everything is built with 64-bit file offsets.
 */
#include "fault.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define FAULT_MAX 100000 /* a use that never ends would be our own bug */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__real_mmap64(
    void *at, size_t n, int prot, int flags, int fd, off_t offset);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void *__wrap_mmap64(
    void *at, size_t n, int prot, int flags, int fd, off_t offset);

static bool armed;
static unsigned int seen, failing;

bool
fault_now(void)
{
	if (!armed || ++seen != failing)
		return false;
	errno = ENOMEM;
	return true;
}

/* What a child meets, the parent would not count. */
static void
in_child(void)
{
	armed = false;
}

void
fault_at(unsigned int k)
{
	static bool told;

	if (!told)
		assert_int_equal(pthread_atfork(NULL, NULL, in_child), 0);
	told = true;
	seen = 0;
	failing = k;
	armed = true;
}

unsigned int
fault_stop(void)
{
	armed = false;
	return seen;
}

unsigned int
fault_each(err_t (*use)(void *ctx), void *ctx)
{
	for (unsigned int k = 1; k < FAULT_MAX; k++) {
		bool met;
		err_t e;

		fault_at(k);
		e = use(ctx);
		met = fault_stop() >= k;
		if (e != (met ? ERR_NOMEM : ERR_OK))
			fail_msg("allocation %u %s: got %s", k,
			    met ? "failed" : "did not happen", err_name(e));
		if (!met)
			return k - 1;
	}
	fail_msg("no end after %d allocations", FAULT_MAX);
	return 0;
}

void *
__wrap_malloc(size_t n)
{
	return fault_now() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fault_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fault_now() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fault_now() ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return fault_now() ? NULL : __real_strndup(s, n);
}

void *
__wrap_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fault_now() ? MAP_FAILED
			   : __real_mmap64(at, n, prot, flags, fd, offset);
}
