/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzz target is one function: fuzz_one() gets bytes nobody checked and may
 * do anything but crash, hang, leak or break a promise (FUZZ_PROMISE). Built
 * with -Dfuzzing=true it is a libFuzzer target; in every other build the same
 * file is a test that replays fuzz/seeds/NAME/ and mutations of them.
 */
#ifndef SCS_FUZZ_H
#define SCS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

void fuzz_one(struct span in);

#define FUZZ_PROMISE(cond)                                             \
	do {                                                           \
		if (!(cond)) {                                         \
			fprintf(stderr, "%s:%d: promise broken: %s\n", \
			    __FILE__, __LINE__, #cond);                \
			abort();                                       \
		}                                                      \
	} while (0)

#endif
