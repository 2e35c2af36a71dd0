/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/hex.h"

#include "fuzz.h"

/* Whatever decodes encodes to text that decodes to the same. */
void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf a = BUF_INIT(65536), b = BUF_INIT(65536);
	char *text;

	if (hex_decode(in, &a) != ERR_OK)
		return;
	if ((text = malloc(2 * a.n + 1)) == NULL)
		abort();
	hex_upper(buf_span(&a), text);
	FUZZ_PROMISE(hex_decode(span_str(text), &b) == ERR_OK);
	FUZZ_PROMISE(span_eq(buf_span(&a), buf_span(&b)));
	free(text);
}
