/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter behind each set of groups of sandbox.h, by libseccomp. To build one
 * takes a millisecond or two, so the sets that our programs use are built with
 * them (make-filters.c) and lie in a table.
 */
#ifndef SCS_SANDBOX_RULES_H
#define SCS_SANDBOX_RULES_H

#include <seccomp.h>

#include "base/err.h"

/*
 * The sanitizers' run-time looks at /proc, makes threads and traces them at
 * exit. A test build answers "not permitted" where a real one kills.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define TEST_BUILD 1
#endif
#endif
#ifndef TEST_BUILD
#define TEST_BUILD 0
#endif

/* Stands for the process's own id in a filter that was built before it. */
#define RULES_PID 0x5c5a0b1d

/*
 * Allow `groups`, and signals to the process `pid` alone. *out is released by
 * the caller. ERR_NOMEM, ERR_IO: libseccomp refused.
 */
MUST_CHECK err_t rules_build(
    unsigned int groups, int pid, scmp_filter_ctx *out);

#endif
