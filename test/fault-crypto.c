/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL's allocations fail too. Link with fault_crypto_dep (see fault.h). */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "fault.h"

static void *
crypto_malloc(size_t n, const char *file UNUSED, int line UNUSED)
{
	return fault_now() ? NULL : malloc(n);
}

static void *
crypto_realloc(void *p, size_t n, const char *file UNUSED, int line UNUSED)
{
	return fault_now() ? NULL : realloc(p, n);
}

static void
crypto_free(void *p, const char *file UNUSED, int line UNUSED)
{
	free(p);
}

/* Before OpenSSL allocates anything. */
__attribute__((constructor)) static void
take_over(void)
{
	if (CRYPTO_set_mem_functions(
		crypto_malloc, crypto_realloc, crypto_free) != 1)
		abort();
}
