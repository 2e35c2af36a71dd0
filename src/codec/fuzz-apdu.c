/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/apdu.h"

#include "fuzz.h"

/* What parses must build to the same bytes again. */
void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf again = BUF_INIT(APDU_MAX_COMMAND);
	struct apdu cmd;

	if (apdu_parse(in, &cmd) != ERR_OK)
		return;
	FUZZ_PROMISE(apdu_build(&cmd, &again) == ERR_OK);
	FUZZ_PROMISE(span_eq(in, buf_span(&again)));
}
