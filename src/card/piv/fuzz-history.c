/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/history.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct piv_history out = { 0 };
	err_t e = piv_history_parse(in, &out);

	if (e == ERR_OK)
		FUZZ_PROMISE(out.on_card + out.off_card <= PIV_RETIRED_MAX);
}
