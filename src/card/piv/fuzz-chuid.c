/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "card/piv/chuid.h"
#include "fuzz.h"

void
fuzz_one(struct span in)
{
	struct piv_chuid out = { 0 };
	err_t e = piv_chuid_parse(in, &out);

	if (e == ERR_OK)
		FUZZ_PROMISE((out.guid.n == 0 || out.guid.n == PIV_GUID_LEN) &&
		    strlen(out.expiry) <= PIV_EXPIRY_LEN);
}
