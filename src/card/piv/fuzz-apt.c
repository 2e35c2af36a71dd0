/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/apt.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct piv_apt out = { 0 };
	err_t e = piv_apt_parse(in, &out);

	if (e == ERR_OK)
		FUZZ_PROMISE(out.pix.n <= in.n && out.label.n <= in.n);
}
