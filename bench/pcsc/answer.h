/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the card of the benchmarks says, the same behind each driver: to
 * 80 10 HI LO ... it answers HI LO bytes and 9000, to anything else 9000.
 */
#ifndef BENCH_PCSC_ANSWER_H
#define BENCH_PCSC_ANSWER_H

#include <stdint.h>
#include <string.h>

#define NULL_ATR 0x3b, 0x80, 0x01, 0x81 /* T=1, no historical bytes */
#define NULL_ANSWER_MAX (0xffff + 2) /* bytes */

/* The answer's length; 0: `room` is too small. */
static inline size_t
null_answer(const uint8_t *cmd, size_t cmd_n, uint8_t *answer, size_t room)
{
	size_t n = 0;

	if (cmd_n >= 4 && cmd[0] == 0x80 && cmd[1] == 0x10)
		n = (size_t)cmd[2] << 8 | cmd[3];
	if (room < n + 2)
		return 0;
	memset(answer, 0xa5, n);
	answer[n] = 0x90;
	answer[n + 1] = 0x00;
	return n + 2;
}

#endif
