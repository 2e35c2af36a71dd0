/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the list says: bounded text, a file's name, all or nothing. */
#include "fuzz.h"
#include "reader/config/bundle.h"

#include <string.h>

#include "base/text.h"

static bool
is_name(const char *s)
{
	size_t n = strnlen(s, BUNDLE_NAME);

	return n > 0 && n < BUNDLE_NAME && text_ok(span_str(s));
}

void
fuzz_one(struct span in)
{
	CLEANUP(bundle_done) struct bundle b = { 0 };
	struct why why = { 0 };

	if (bundle_parse(in, &b, &why) != ERR_OK) {
		FUZZ_PROMISE(b.devices == NULL && b.n == 0);
		return;
	}
	FUZZ_PROMISE(is_name(b.executable) && !strchr(b.executable, '/'));
	FUZZ_PROMISE(b.n > 0 && b.n <= BUNDLE_DEVICES_MAX);
	for (size_t i = 0; i < b.n; i++)
		FUZZ_PROMISE(is_name(b.devices[i].name));
}
