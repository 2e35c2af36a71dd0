/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
has_dotdot(const char *p)
{
	for (const char *at = p; (at = strstr(at, "..")) != NULL; at += 2) {
		bool starts = at == p || at[-1] == '/';
		bool ends = at[2] == '\0' || at[2] == '/';

		if (starts && ends)
			return true;
	}
	return false;
}

err_t
path_under(const char *prefix, const char *path, char out[SCS_PATH_MAX])
{
	int r;

	if (prefix == NULL)
		prefix = "";
	if (prefix[0] != '\0' && (prefix[0] != '/' || has_dotdot(prefix)))
		return ERR_FORMAT;
	r = snprintf(out, SCS_PATH_MAX, "%s%s", prefix, path);
	return r < 0 || r >= SCS_PATH_MAX ? ERR_LIMIT : ERR_OK;
}

const char *
path_client_prefix(void)
{
	const char *p = secure_getenv("SCS_PREFIX");

	return p != NULL && p[0] != '\0' ? p : NULL;
}
