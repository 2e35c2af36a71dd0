/* SPDX-License-Identifier: BSD-2-Clause */
/* Monotonic time and deadlines, in milliseconds. */
#ifndef SCS_BASE_CLOCK_H
#define SCS_BASE_CLOCK_H

#include "base/def.h"

/* Milliseconds since some fixed moment; does not stop during suspend. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

/*
 * The same without the time asleep: for who must not count as hung because the
 * machine was suspended.
 */
uint64_t clock_awake_ms(void);

/* A deadline is a clock_ms() value; DEADLINE_NONE never passes. */
#define DEADLINE_NONE UINT64_MAX

/* `ms` from now; DEADLINE_NONE when that is beyond counting. */
uint64_t deadline_in(uint64_t ms);

/* What is left, for poll(2): 0 to INT_MAX, or -1 for DEADLINE_NONE. */
int deadline_left(uint64_t deadline);

#endif
