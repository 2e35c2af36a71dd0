/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/bundles.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "ipc/peer.h"

static int
is_bundle(const struct dirent *d)
{
	static const char end[] = ".bundle";
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > sizeof(end) - 1 &&
	    strcmp(d->d_name + n - (sizeof(end) - 1), end) == 0;
}

/* The folder that its code is in is the last on the way to that. */
static bool
is_roots(const char *dir)
{
	char code[BUNDLES_PATH + 32];

	(void)snprintf(code, sizeof(code), "%s/Contents/Linux/code", dir);
	return peer_path_trusted(code) == ERR_OK;
}

static void
add(struct bundles *b, const char *folder, const char *name, bool trusted)
{
	char path[BUNDLES_PATH];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path) || b->n == BUNDLES_MAX) {
		log_err("reader drivers in %s/%s: %s: left out", folder, name,
		    b->n == BUNDLES_MAX ? "too many" : "its path is too long");
		return;
	}
	if (trusted && !is_roots(path)) {
		log_err("reader drivers in %s: its folders must be there, and "
			"be root's alone: left out",
		    path);
		return;
	}
	memcpy(b->dir[b->n++], path, sizeof(path));
}

err_t
bundles_load(const char *prefix, bool trusted, struct bundles *out)
{
	static const char *const folders[] = { PATH_DRIVERS,
		PATH_PCSC_DRIVERS };
	char folder[SCS_PATH_MAX];
	struct dirent **names;
	int n;
	err_t e;

	*out = (struct bundles){ 0 };
	for (size_t i = 0; i < nitems(folders); i++) {
		if ((e = path_under(prefix, folders[i], folder)))
			return e;
		n = scandir(folder, &names, is_bundle, alphasort);
		for (int k = 0; k < n; k++) {
			add(out, folder, names[k]->d_name, trusted);
			free(names[k]);
		}
		if (n >= 0)
			free(names);
	}
	return ERR_OK;
}

static bool
has(const struct bundles *b, const char *dir)
{
	for (size_t i = 0; i < b->n; i++) {
		if (strcmp(b->dir[i], dir) == 0)
			return true;
	}
	return false;
}

void
bundles_merge(struct bundles *b, const struct bundles *fresh)
{
	size_t hole = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (!has(fresh, b->dir[i]))
			b->dir[i][0] = '\0';
	}
	for (size_t i = 0; i < fresh->n; i++) {
		if (has(b, fresh->dir[i]))
			continue;
		while (hole < b->n && b->dir[hole][0] != '\0')
			hole++;
		memcpy(b->dir[hole], fresh->dir[i], sizeof(b->dir[hole]));
		b->n += hole == b->n ? 1 : 0;
	}
}
