/* SPDX-License-Identifier: BSD-2-Clause */
/* The filters that were built with the program, by make-filters.c. */
#ifndef SCS_SANDBOX_FILTERS_H
#define SCS_SANDBOX_FILTERS_H

#include <linux/filter.h>

#include "base/err.h"

#define FILTER_MAX 1024 /* instructions; the kernel takes 4096 */

struct filter {
	unsigned int groups; /* of sandbox.h */
	const struct sock_filter *code; /* with RULES_PID as the own id */
	size_t n;
};

extern const struct filter filters[];
extern const size_t filters_n;

/*
 * The one for `groups` in the process `pid`; `out` has room for FILTER_MAX.
 * ERR_ABSENT: it is not in the table. ERR_FORMAT, ERR_LIMIT: what is there is
 * not as it should be.
 */
MUST_CHECK err_t filters_find(
    unsigned int groups, int pid, struct sock_filter *out, size_t *n);

#endif
