/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"
#include "token/token.h"

void
fuzz_one(struct span in)
{
	struct span rest = in, whole;
	uint64_t insertion;

	if (token_check(&rest, &whole, &insertion) == ERR_OK)
		FUZZ_PROMISE(whole.p == in.p && whole.n + rest.n == in.n);
	else
		FUZZ_PROMISE(rest.n == in.n);
}
