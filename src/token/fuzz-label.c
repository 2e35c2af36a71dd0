/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "token/label.h"

void
fuzz_one(struct span in)
{
	char out[32];

	label_clean(in, out, sizeof(out));
	FUZZ_PROMISE(strlen(out) < sizeof(out));
	FUZZ_PROMISE(text_ok(span_str(out)));
}
