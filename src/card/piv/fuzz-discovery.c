/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/discovery.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct piv_discovery out = { 0 };
	err_t e = piv_discovery_parse(in, &out);

	if (e == ERR_OK)
		FUZZ_PROMISE(!out.prefer_global || out.global_pin);
}
