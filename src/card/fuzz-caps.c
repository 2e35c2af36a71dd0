/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/caps.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	bool said = caps_extended(in);

	/* a yes needs a category byte and three bytes of capabilities */
	FUZZ_PROMISE(!said || in.n >= 5);
}
