/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing one preference: under a lock, read all, change one, replace. */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"
#include "prefs/value.h"

/* A domain becomes a file name. */
static bool
domain_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 200 && s[0] != '.' && strchr(s, '/') == NULL &&
	    text_ok(span_str(s));
}

static plist_t
to_list(const struct pref_value *v)
{
	CLEANUP(pl_free) plist_t list = plist_new_array();
	plist_t s;

	for (size_t i = 0; list != NULL && i < v->n; i++) {
		if ((s = plist_new_string(v->list[i])) == NULL)
			return NULL;
		plist_array_append_item(list, s);
	}
	return TAKE(list);
}

static plist_t
to_node(const struct pref_value *v)
{
	switch (v->type) {
	case PREF_BOOL:
		return plist_new_bool(v->number != 0);
	case PREF_INT:
		return plist_new_uint((uint64_t)v->number);
	case PREF_LIST:
		return to_list(v);
	}
	return NULL;
}

static err_t
change(plist_t list, const char *domain, const char *key,
    const struct pref_value *v, struct why *why)
{
	enum pref known = pref_find(domain, key);
	CLEANUP(pl_free) plist_t node = NULL;
	err_t e;

	if (v == NULL) {
		if (plist_dict_get_item(list, key) == NULL)
			return why_add(
			    why, ERR_ABSENT, "key %s is not set", key);
		plist_dict_remove_item(list, key);
		return ERR_OK;
	}
	if ((node = to_node(v)) == NULL)
		return ERR_NOMEM;
	if (known < PREF_COUNT &&
	    (e = value_check(&pref_keys[known], node, why)))
		return e;
	plist_dict_set_item(list, key, TAKE(node));
	return ERR_OK;
}

err_t
prefs_set(const char *prefix, const char *domain, const char *key,
    const struct pref_value *v, struct why *why)
{
	CLEANUP(pl_free) plist_t list = NULL;
	CLOSE_FD int lock = -1;
	char rel[SCS_PATH_MAX], path[SCS_PATH_MAX];
	err_t e;
	int n;

	if (!domain_ok(domain))
		return why_add(why, ERR_FORMAT, "this is no domain name");
	if (key[0] == '\0' || !text_ok(span_str(key)))
		return why_add(why, ERR_FORMAT, "this is no key");
	n = snprintf(rel, sizeof(rel), "%s/%s.plist", PATH_PREFS_DIR, domain);
	if (n < 0 || (size_t)n >= sizeof(rel))
		return ERR_LIMIT;
	if ((e = path_under(prefix, rel, path)) ||
	    (e = pl_lock(path, &lock, why)))
		return e;
	if ((e = pl_load(path, &list, why)) != ERR_OK && e != ERR_ABSENT)
		return e;
	if (list == NULL && (list = plist_new_dict()) == NULL)
		return ERR_NOMEM;
	if ((e = change(list, domain, key, v, why)))
		return e;
	return pl_store(path, list, why);
}
