/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs no file and no database: names, and a record that was read. */
#include <string.h>

#include "base/text.h"
#include "directory/record.h"

bool
record_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < RECORD_NAME_MAX - 8 && name[0] != '.' &&
	    name[0] != '-' && strchr(name, '/') == NULL &&
	    text_ok(span_str(name));
}

bool
record_paired(const struct record *r, const struct pkhh *h)
{
	for (size_t i = 0; i < r->pairings_n; i++) {
		if (pkhh_eq(&r->pairings[i], h))
			return true;
	}
	return false;
}
