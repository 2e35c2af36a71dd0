/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"
#include "token/sealed.h"

void
fuzz_one(struct span in)
{
	struct sealed s = { 0 };

	if (sealed_parse(in, &s) != ERR_OK) {
		FUZZ_PROMISE(s.n == 0);
		return;
	}
	FUZZ_PROMISE(s.n <= PIV_GROUPS_MAX);
	(void)sealed_differs(&s, 0x5fc102, in);
}
