/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/certobj.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf der = BUF_INIT(4096);

	if (piv_certobj_parse(in, &der) == ERR_OK)
		FUZZ_PROMISE(der.n <= der.max);
}
