/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/record.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "directory/attr.h"

#define PASSWD_BUF_MAX (1024 * 1024)

err_t
record_path(const char *prefix, const char *name, char *out)
{
	char rel[SCS_PATH_MAX];

	if (!record_name_ok(name))
		return ERR_FORMAT;
	(void)snprintf(rel, sizeof(rel), "%s/%s.plist", PATH_USERS_DIR, name);
	return path_under(prefix, rel, out);
}

err_t
record_folder_trusted(const char *prefix, struct why *why)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(prefix, PATH_USERS_DIR, path)))
		return e;
	return pl_folder_trusted(path, why);
}

/* Call getpwnam_r or getpwuid_r with a buffer that grows. */
static err_t
look_up(const char *name, uid_t uid, struct record *r)
{
	CLEANUP(free_mem) char *mem = NULL;
	struct passwd pw, *found;
	char *more;
	int rc;

	for (size_t n = 1024; n <= PASSWD_BUF_MAX; n *= 4) {
		if ((more = realloc(mem, n)) == NULL)
			return ERR_NOMEM;
		mem = more;
		found = NULL;
		rc = name != NULL ? getpwnam_r(name, &pw, mem, n, &found)
				  : getpwuid_r(uid, &pw, mem, n, &found);
		if (rc == ERANGE || rc == EINTR)
			continue;
		if (found == NULL)
			return rc == 0 || rc == ENOENT || rc == ESRCH
			    ? ERR_ABSENT
			    : ERR_IO;
		if (!record_name_ok(pw.pw_name))
			return ERR_FORMAT;
		(void)snprintf(r->name, sizeof(r->name), "%s", pw.pw_name);
		r->uid = pw.pw_uid;
		r->gid = pw.pw_gid;
		return ERR_OK;
	}
	return ERR_LIMIT;
}

static err_t
enforcement_of(plist_t list, unsigned int *out, struct why *why)
{
	plist_t node = plist_dict_get_item(list, "SmartCardEnforcement");
	int64_t v = 0;

	if (node != NULL && (pl_int(node, &v) != ERR_OK || v < 0 || v > 2))
		return why_add(why, ERR_FORMAT,
		    "key SmartCardEnforcement wants an integer from 0 to 2");
	*out = (unsigned int)v;
	return ERR_OK;
}

static err_t
read_over(const char *path, struct record *r, struct why *why)
{
	CLEANUP(pl_free) plist_t list = NULL;
	err_t e;

	if ((e = pl_load(path, &list, why)))
		return e == ERR_ABSENT ? ERR_OK : e;
	if ((e = attr_pairings(list, r->pairings, &r->pairings_n, why)) ||
	    (e = enforcement_of(list, &r->enforcement, why)))
		return why_add(why, e, "%s", path);
	return ERR_OK;
}

err_t
record_read(
    const char *prefix, const char *name, struct record *out, struct why *why)
{
	struct record r = { 0 };
	char path[SCS_PATH_MAX];
	err_t e;

	if (!record_name_ok(name))
		return why_add(why, ERR_FORMAT, "this is no user name");
	if ((e = look_up(name, 0, &r)))
		return why_add(why, e, "user \"%s\": %s", name,
		    e == ERR_ABSENT ? "no such user" : err_text(e));
	/* passwd databases may find a name in another spelling: theirs counts */
	if ((e = record_path(prefix, r.name, path)) ||
	    (e = read_over(path, &r, why)))
		return e;
	*out = r;
	return ERR_OK;
}

err_t
record_uid_of(const char *name, uid_t *out)
{
	struct record r = { 0 };
	err_t e;

	if (!record_name_ok(name))
		return ERR_FORMAT;
	if ((e = look_up(name, 0, &r)))
		return e;
	*out = r.uid;
	return ERR_OK;
}

err_t
record_name_of(uid_t uid, char out[RECORD_NAME_MAX])
{
	struct record r = { 0 };
	err_t e;

	if ((e = look_up(NULL, uid, &r)))
		return e;
	memcpy(out, r.name, sizeof(r.name));
	return ERR_OK;
}

err_t
record_file_pairings(const char *path, struct pkhh out[RECORD_PAIRINGS_MAX],
    size_t *n, struct why *why)
{
	CLEANUP(pl_free) plist_t list = NULL;
	err_t e;

	if ((e = pl_load(path, &list, why)))
		return e;
	if ((e = attr_pairings(list, out, n, why)))
		return why_add(why, e, "%s", path);
	return ERR_OK;
}
