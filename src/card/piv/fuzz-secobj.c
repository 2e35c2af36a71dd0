/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/secobj.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct piv_secobj s;
	struct piv_lds l;

	if (piv_secobj_parse(in, &s) == ERR_OK)
		FUZZ_PROMISE(s.map.n % 3 == 0 && s.map.n <= in.n &&
		    s.cms.n > 0 && s.cms.n < in.n);
	if (piv_lds_parse(in, &l) == ERR_OK) {
		FUZZ_PROMISE(l.n <= PIV_GROUPS_MAX);
		for (size_t i = 0; i < l.n; i++)
			FUZZ_PROMISE(l.groups[i].digest.p > in.p &&
			    l.groups[i].digest.p + l.groups[i].digest.n <=
				in.p + in.n);
	}
}
