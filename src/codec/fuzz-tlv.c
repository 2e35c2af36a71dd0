/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/tlv.h"

#include "fuzz.h"

/* Items written again with shortest lengths read back the same. */
void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(SIZE_MAX / 2);
	struct span v, w, rest;
	uint32_t tag, tag2;

	while (tlv_next(&in, &tag, &v) == ERR_OK) {
		buf_reset(&out);
		tlv_put(&out, tag, v);
		FUZZ_PROMISE(buf_status(&out) == ERR_OK);
		rest = buf_span(&out);
		if (tag > 0xff && (tag >> (tag > 0xffff ? 16 : 8)) == 0)
			continue;
		FUZZ_PROMISE(tlv_next(&rest, &tag2, &w) == ERR_OK);
		FUZZ_PROMISE(tag2 == tag && span_eq(v, w) && rest.n == 0);
	}
}
