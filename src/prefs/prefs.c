/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four files, each kept as the last property list whose known keys were all
 * valid. Look-up happens when asked: a list of fourteen keys needs no cache.
 */
#include "prefs/prefs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "prefs/pl.h"
#include "prefs/value.h"

static const char *const domains[] = { PREFS_SMARTCARD, PREFS_AUTHORIZATION };
static const char *const folders[] = { PATH_MANAGED_DIR, PATH_PREFS_DIR };

#define DOMAINS nitems(domains)
#define LAYERS nitems(folders) /* in order of precedence */

struct layer {
	char path[SCS_PATH_MAX];
	plist_t list; /* owned; NULL: no file */
	bool bad; /* `problem` says why */
	bool unsound; /* and there is no earlier value to keep */
	struct why problem;
};

struct prefs {
	struct layer layers[DOMAINS][LAYERS];
};

static plist_t
item(const struct layer *l, enum pref key)
{
	return l->list == NULL
	    ? NULL
	    : plist_dict_get_item(l->list, pref_keys[key].name);
}

static void
complain(struct layer *l, bool unsound)
{
	l->bad = true;
	l->unsound |= unsound;
}

/* A key of the wrong type: put back what was there before, or drop it. */
static void
mend(struct layer *l, plist_t new, enum pref key)
{
	const struct pref_key *k = &pref_keys[key];
	plist_t node = plist_dict_get_item(new, k->name), old = item(l, key);
	plist_t copy;

	if (node == NULL || value_check(k, node, &l->problem) == ERR_OK)
		return;
	(void)why_add(&l->problem, ERR_FORMAT, "%s", l->path);
	copy = old == NULL ? NULL : plist_copy(old);
	complain(l, copy == NULL);
	if (copy != NULL)
		plist_dict_set_item(new, k->name, copy);
	else
		plist_dict_remove_item(new, k->name);
}

static void
reload(struct layer *l, const char *domain)
{
	bool was_unsound = l->unsound;
	plist_t new = NULL;
	err_t e;

	l->bad = l->unsound = false;
	l->problem = (struct why){ 0 };
	e = pl_load(l->path, &new, &l->problem);
	if (e != ERR_OK && e != ERR_ABSENT) {
		/* who could not look does not know whether it has changed */
		complain(l, was_unsound || l->list == NULL || e == ERR_NOMEM);
		return;
	}
	for (unsigned int i = 0; new != NULL &&i < PREF_COUNT; i++) {
		if (strcmp(pref_keys[i].domain, domain) == 0)
			mend(l, new, (enum pref)i);
	}
	pl_free(&l->list);
	l->list = new;
}

void
prefs_reload(struct prefs *p)
{
	for (size_t d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < LAYERS; i++)
			reload(&p->layers[d][i], domains[d]);
	}
}

static err_t
layer_path(const char *prefix, const char *folder, const char *domain,
    char out[SCS_PATH_MAX])
{
	char rel[SCS_PATH_MAX];
	int n;

	n = snprintf(rel, sizeof(rel), "%s/%s.plist", folder, domain);
	if (n < 0 || (size_t)n >= sizeof(rel))
		return ERR_LIMIT;
	return path_under(prefix, rel, out);
}

err_t
prefs_open(const char *prefix, struct prefs **out)
{
	CLEANUP(prefs_close) struct prefs *p = calloc(1, sizeof(*p));
	err_t e;

	if (p == NULL)
		return ERR_NOMEM;
	for (size_t d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < LAYERS; i++) {
			if ((e = layer_path(prefix, folders[i], domains[d],
				 p->layers[d][i].path)))
				return e;
		}
	}
	prefs_reload(p);
	*out = TAKE(p);
	return ERR_OK;
}

void
prefs_close(struct prefs **pp)
{
	struct prefs *p;

	if (pp == NULL || (p = *pp) == NULL)
		return;
	for (size_t d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < LAYERS; i++)
			pl_free(&p->layers[d][i].list);
	}
	free(p);
	*pp = NULL;
}

bool
prefs_sound(const struct prefs *p)
{
	for (size_t d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < LAYERS; i++) {
			if (p->layers[d][i].unsound)
				return false;
		}
	}
	return true;
}

const char *
prefs_problem(const struct prefs *p, size_t n)
{
	for (size_t d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < LAYERS; i++) {
			if (p->layers[d][i].bad && n-- == 0)
				return p->layers[d][i].problem.text;
		}
	}
	return NULL;
}

/* The node that decides, NULL for the default. */
static plist_t
look_up(const struct prefs *p, enum pref key, enum pref_origin *origin)
{
	plist_t node;

	assert(key < PREF_COUNT);
	for (size_t d = 0; d < DOMAINS; d++) {
		if (strcmp(domains[d], pref_keys[key].domain) != 0)
			continue;
		for (size_t i = 0; i < LAYERS; i++) {
			if ((node = item(&p->layers[d][i], key)) == NULL)
				continue;
			*origin = i == 0 ? PREF_MANAGED : PREF_SYSTEM;
			return node;
		}
	}
	*origin = PREF_DEFAULT;
	return NULL;
}

bool
prefs_bool(const struct prefs *p, enum pref key)
{
	enum pref_origin origin;
	plist_t node = look_up(p, key, &origin);
	bool v;

	assert(pref_keys[key].type == PREF_BOOL);
	if (node == NULL || pl_bool(node, &v) != ERR_OK)
		return pref_keys[key].def != 0;
	return v;
}

int64_t
prefs_int(const struct prefs *p, enum pref key)
{
	enum pref_origin origin;
	plist_t node = look_up(p, key, &origin);
	int64_t v;

	assert(pref_keys[key].type == PREF_INT);
	if (node == NULL || pl_int(node, &v) != ERR_OK)
		return pref_keys[key].def;
	return v;
}

const char *
prefs_item(const struct prefs *p, enum pref key, size_t i)
{
	enum pref_origin origin;
	plist_t node = look_up(p, key, &origin);
	const char *s;

	assert(pref_keys[key].type == PREF_LIST);
	if (node == NULL || i >= plist_array_get_size(node) ||
	    pl_string(plist_array_get_item(node, (uint32_t)i), &s) != ERR_OK)
		return NULL;
	return s;
}

enum pref_origin
prefs_origin(const struct prefs *p, enum pref key)
{
	enum pref_origin origin;

	(void)look_up(p, key, &origin);
	return origin;
}
