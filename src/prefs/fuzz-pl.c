/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guard lets through, libplist must survive, write and read again. */
#include "fuzz.h"
#include "prefs/pl.h"

void
fuzz_one(struct span in)
{
	CLEANUP(pl_free) plist_t list = NULL, again = NULL;
	struct why why = { 0 };
	char *bin = NULL;
	uint32_t n = 0;

	if (pl_parse(in, &list, &why) != ERR_OK) {
		FUZZ_PROMISE(list == NULL);
		return;
	}
	FUZZ_PROMISE(plist_get_node_type(list) == PLIST_DICT);
	plist_to_bin(list, &bin, &n);
	FUZZ_PROMISE(bin != NULL);
	FUZZ_PROMISE(pl_parse(span_from(bin, n), &again, &why) == ERR_OK);
	plist_to_bin_free(bin);
}
