/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/atr.h"

#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct atr a;

	if (atr_parse(in, &a) != ERR_OK)
		return;
	FUZZ_PROMISE(in.n >= 2 && in.n <= ATR_MAX);
	FUZZ_PROMISE(a.protocols != 0);
	FUZZ_PROMISE(a.historical.n <= 15);
}
