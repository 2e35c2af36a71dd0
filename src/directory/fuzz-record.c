/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes as one value of AuthenticationAuthority, and as a whole record that
 * is read, paired, unpaired and is then paired with that key no more.
 */
#include <string.h>

#include "directory/attr.h"
#include "fuzz.h"

static void
as_value(struct span in)
{
	char text[256], again[PAIRING_VALUE_SIZE];
	struct pkhh h, back;

	if (in.n >= sizeof(text))
		return;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if (pairing_parse(text, &h) != ERR_OK)
		return;
	pairing_print(&h, again);
	FUZZ_PROMISE(pairing_parse(again, &back) == ERR_OK);
	FUZZ_PROMISE(pkhh_eq(&h, &back));
}

static void
as_record(struct span in)
{
	static const struct pkhh key = { { 1, 2, 3 } };
	CLEANUP(pl_free) plist_t list = NULL;
	struct record r = { 0 };
	size_t removed = 0;

	if (pl_parse(in, &list, NULL) != ERR_OK ||
	    attr_pairings(list, r.pairings, &r.pairings_n, NULL) != ERR_OK)
		return;
	FUZZ_PROMISE(r.pairings_n <= RECORD_PAIRINGS_MAX);
	FUZZ_PROMISE(attr_add(list, &key, NULL) == ERR_OK);
	FUZZ_PROMISE(attr_remove(list, &key, &removed, NULL) == ERR_OK);
	FUZZ_PROMISE(removed >= 1);
	FUZZ_PROMISE(
	    attr_pairings(list, r.pairings, &r.pairings_n, NULL) == ERR_OK);
	FUZZ_PROMISE(!record_paired(&r, &key));
}

void
fuzz_one(struct span in)
{
	if (in.n == 0)
		return;
	as_value(in);
	as_record(in);
}
