/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/genauth.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf again = BUF_INIT(70000);
	struct span value;

	if (piv_genauth_parse(in, &value) == ERR_OK)
		FUZZ_PROMISE(value.n + 4 <= in.n);
	if (piv_genauth_ecdsa(in, 32) == ERR_OK)
		FUZZ_PROMISE(in.n <= 84);
	if (piv_genauth_build(0x81, in, &again) == ERR_OK)
		FUZZ_PROMISE(again.n > in.n);
}
