/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few words every file uses: ownership in the type, results that must be
 * looked at, the size of a table.
 */
#ifndef SCS_BASE_DEF_H
#define SCS_BASE_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define UNUSED __attribute__((unused))

/* fn gets the address of the variable when it goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

/* Take the value of an owned pointer out of its variable. */
#define TAKE(p)                             \
	__extension__({                     \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* CLEANUP(free_mem) for memory from malloc; accepts NULL. */
void free_mem(void *pp);

#endif
