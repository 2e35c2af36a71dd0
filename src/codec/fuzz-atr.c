/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/atr.h"

#include "fuzz.h"

void
fuzz_one(struct span in)
{
	err_t e = ERR_OK;
	struct atr a, i;

	if (atr_interface(in, &i) == ERR_OK)
		FUZZ_PROMISE(in.n >= 2 && in.n <= ATR_MAX);
	else
		e = ERR_FORMAT;
	if (atr_parse(in, &a) != ERR_OK)
		return;
	FUZZ_PROMISE(e == ERR_OK && a.protocols == i.protocols);
	FUZZ_PROMISE(in.n >= 2 && in.n <= ATR_MAX);
	FUZZ_PROMISE(a.protocols != 0);
	FUZZ_PROMISE(a.historical.n <= 15);
}
