/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing one preference: under a lock, read all, change one, replace. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

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

/* The file of a domain. */
static err_t
file_of(const char *prefix, const char *domain, char path[SCS_PATH_MAX],
    struct why *why)
{
	char rel[SCS_PATH_MAX];
	int n;

	if (!domain_ok(domain))
		return why_add(why, ERR_FORMAT, "this is no domain name");
	n = snprintf(rel, sizeof(rel), "%s/%s.plist", PATH_PREFS_DIR, domain);
	if (n < 0 || (size_t)n >= sizeof(rel))
		return ERR_LIMIT;
	return path_under(prefix, rel, path);
}

err_t
prefs_set(const char *prefix, const char *domain, const char *key,
    const struct pref_value *v, struct why *why)
{
	CLEANUP(pl_edit_done) struct pl_edit x = PL_EDIT_INIT;
	char path[SCS_PATH_MAX];
	err_t e;

	if (key[0] == '\0' || !text_ok(span_str(key)))
		return why_add(why, ERR_FORMAT, "this is no key");
	if ((e = file_of(prefix, domain, path, why)) ||
	    (e = pl_edit_open(&x, path, why)) ||
	    (e = change(x.list, domain, key, v, why)))
		return e;
	return pl_edit_store(&x, why);
}

/* The list of a key, made when missing: borrowed from `dict`. */
static err_t
items_of(
    plist_t dict, const struct pref_key *k, plist_t *items, struct why *why)
{
	if ((*items = plist_dict_get_item(dict, k->name)) != NULL)
		return value_check(k, *items, why);
	if ((*items = plist_new_array()) == NULL)
		return ERR_NOMEM;
	plist_dict_set_item(dict, k->name, *items);
	return ERR_OK;
}

/* The first item that is `item`, or the number of all. */
static uint32_t
item_at(plist_t items, const char *item)
{
	uint32_t i, n = plist_array_get_size(items);
	const char *s;

	for (i = 0; i < n; i++)
		if (pl_string(plist_array_get_item(items, i), &s) == ERR_OK &&
		    strcmp(s, item) == 0)
			break;
	return i;
}

err_t
prefs_set_item(const char *prefix, enum pref key, const char *item, bool in,
    struct why *why)
{
	CLEANUP(pl_edit_done) struct pl_edit x = PL_EDIT_INIT;
	char path[SCS_PATH_MAX];
	const struct pref_key *k = &pref_keys[key];
	plist_t items, one;
	uint32_t i;
	err_t e;

	assert(k->type == PREF_LIST);
	if ((e = file_of(prefix, k->domain, path, why)) ||
	    (e = pl_edit_open(&x, path, why)) ||
	    (e = items_of(x.list, k, &items, why)))
		return e;
	i = item_at(items, item);
	if (in == (i < plist_array_get_size(items)))
		return ERR_ABSENT;
	if (in && plist_array_get_size(items) >= PREFS_ITEMS_MAX)
		return why_add(why, ERR_LIMIT,
		    "key %s has %u items, and more "
		    "are not allowed",
		    k->name, plist_array_get_size(items));
	if (in) {
		if ((one = plist_new_string(item)) == NULL)
			return ERR_NOMEM;
		plist_array_append_item(items, one);
	}
	while (!in && (i = item_at(items, item)) < plist_array_get_size(items))
		plist_array_remove_item(items, i);
	return pl_edit_store(&x, why);
}
