/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing pairings: under a lock, read the record, change it, replace it. */
#include "base/path.h"
#include "directory/attr.h"

static err_t
edit_record(struct pl_edit *x, const char *prefix, const char *name,
    char path[SCS_PATH_MAX], struct why *why)
{
	err_t e;

	if ((e = record_path(prefix, name, path)))
		return why_add(why, e, "this is no user name");
	return pl_edit_open(x, path, why);
}

err_t
record_pair(const char *prefix, const char *name, const struct pkhh *h,
    size_t most, struct why *why)
{
	CLEANUP(pl_edit_done) struct pl_edit x = PL_EDIT_INIT;
	char path[SCS_PATH_MAX];
	struct record r;
	err_t e;

	if ((e = record_read(prefix, name, &r, why)) ||
	    (e = edit_record(&x, prefix, r.name, path, why)) ||
	    (e = attr_pairings(x.list, r.pairings, &r.pairings_n, why)))
		return e;
	if (record_paired(&r, h))
		return ERR_OK;
	if (r.pairings_n >= most || r.pairings_n == RECORD_PAIRINGS_MAX)
		return why_add(why, ERR_LIMIT,
		    "user \"%s\" is paired with %zu card%s, and more are not "
		    "allowed",
		    r.name, r.pairings_n, r.pairings_n == 1 ? "" : "s");
	if ((e = attr_add(x.list, h, why)))
		return e;
	return pl_edit_store(&x, why);
}

err_t
record_unpair(const char *prefix, const char *name, const struct pkhh *h,
    size_t *removed, struct why *why)
{
	CLEANUP(pl_edit_done) struct pl_edit x = PL_EDIT_INIT;
	char path[SCS_PATH_MAX];
	size_t n;
	err_t e;

	if ((e = edit_record(&x, prefix, name, path, why)) ||
	    (e = attr_remove(x.list, h, &n, why)))
		return e;
	if (n > 0 && (e = pl_edit_store(&x, why)))
		return e;
	*removed = n;
	return ERR_OK;
}
