/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefs/value.h"

err_t
value_check(const struct pref_key *k, plist_t node, struct why *why)
{
	int64_t v;
	bool b;

	switch (k->type) {
	case PREF_BOOL:
		if (pl_bool(node, &b) == ERR_OK)
			return ERR_OK;
		return why_add(
		    why, ERR_FORMAT, "key %s wants a boolean", k->name);
	case PREF_INT:
		if (pl_int(node, &v) == ERR_OK && v >= k->min && v <= k->max)
			return ERR_OK;
		return why_add(why, ERR_FORMAT,
		    "key %s wants an integer from %lld to %lld", k->name,
		    (long long)k->min, (long long)k->max);
	case PREF_LIST:
		if (pl_strings(node) == ERR_OK)
			return ERR_OK;
		return why_add(why, ERR_FORMAT,
		    "key %s wants an array of strings", k->name);
	}
	return ERR_FORMAT;
}
