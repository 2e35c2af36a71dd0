/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule of misbehaviour from any text: taken whole or refused. */
#include <string.h>

#include "fuzz.h"
#include "vcard/card.h"

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf copy = BUF_INIT(SIZE_MAX / 2);
	struct rule r = { .bytes = BUF_INIT(APDU_MAX_RESPONSE) };

	buf_put(&copy, in);
	buf_put_u8(&copy, 0);
	if (buf_status(&copy) != ERR_OK)
		return;
	if (rule_parse((char *)copy.p, &r) == ERR_OK)
		FUZZ_PROMISE(r.kind != NULL && r.number <= 65536);
	buf_done(&r.bytes);
}
