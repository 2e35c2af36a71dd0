/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault injection: the k-th allocation fails. Link with fault_dep, which wraps
 * malloc, calloc, realloc, strdup, strndup and mmap of the objects in this
 * executable (not those of shared libraries); product code knows nothing of it.
 *
 *	static err_t build(void *ctx) { ... one whole use, nothing kept ... }
 *	TEST(x_survives_any_failed_allocation)
 *	{
 *		assert_true(fault_each(build, &ctx) > 0);
 *	}
 *
 * The leak checker of the sanitizer build does the other half.
 */
#ifndef SCS_FAULT_H
#define SCS_FAULT_H

#include "base/err.h"

/* From now on allocation number k (1, 2, ...) fails, once; in this process, not
 * in a child of it. 0 counts only. */
void fault_at(unsigned int k);

/* Stop. How many allocations there were since fault_at(). */
unsigned int fault_stop(void);

/*
 * For wraps of a test's own, of a library's calls that allocate: one more, and
 * is it the one that fails?
 */
bool fault_now(void);

/*
 * Run `use` with its first, second, ... allocation failing until one run meets
 * no failure. Every run that met one must return ERR_NOMEM, the last ERR_OK;
 * else the test fails and says which. Returns how many allocations were failed.
 */
unsigned int fault_each(err_t (*use)(void *ctx), void *ctx);

#endif
