/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing pairings: under a lock, read the record, change it, replace it. */
#include "base/fd.h"
#include "base/path.h"
#include "directory/attr.h"

struct edit {
	char path[SCS_PATH_MAX];
	int lock;
	plist_t list; /* owned */
};

static void
edit_done(struct edit *x)
{
	pl_free(&x->list);
	fd_close(&x->lock);
}

static err_t
edit_open(const char *prefix, const char *name, struct edit *x, struct why *why)
{
	err_t e;

	if ((e = record_path(prefix, name, x->path)))
		return why_add(why, e, "this is no user name");
	if ((e = pl_lock(x->path, &x->lock, why)))
		return e;
	if ((e = pl_load(x->path, &x->list, why)) != ERR_OK && e != ERR_ABSENT)
		return e;
	if (x->list == NULL && (x->list = plist_new_dict()) == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

err_t
record_pair(const char *prefix, const char *name, const struct pkhh *h,
    size_t most, struct why *why)
{
	CLEANUP(edit_done) struct edit x = { .lock = -1 };
	struct record r;
	err_t e;

	if ((e = record_read(prefix, name, &r, why)) ||
	    (e = edit_open(prefix, r.name, &x, why)) ||
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
	return pl_store(x.path, x.list, why);
}

err_t
record_unpair(const char *prefix, const char *name, const struct pkhh *h,
    size_t *removed, struct why *why)
{
	CLEANUP(edit_done) struct edit x = { .lock = -1 };
	size_t n;
	err_t e;

	if ((e = edit_open(prefix, name, &x, why)) ||
	    (e = attr_remove(x.list, h, &n, why)))
		return e;
	if (n > 0 && (e = pl_store(x.path, x.list, why)))
		return e;
	*removed = n;
	return ERR_OK;
}
