/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page of memory shared by the null driver and the benchmark: a file (best
 * on tmpfs) that both map. The benchmark flips `present`, counts `seq` up and
 * wakes the driver.
 */
#ifndef BENCH_PCSC_NULLIFD_H
#define BENCH_PCSC_NULLIFD_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct nullifd_page {
	_Atomic uint32_t present; /* 1: a card is in the reader */
	_Atomic uint32_t seq; /* futex word, counted up at each change */
};

/* FUTEX_WAIT or FUTEX_WAKE on the word; as the system call. */
static inline long
nullifd_futex(_Atomic uint32_t *word, int op, uint32_t value,
    const struct timespec *limit)
{
	return syscall(SYS_futex, word, op, value, limit, NULL, 0);
}

#endif
