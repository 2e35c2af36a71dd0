/* SPDX-License-Identifier: BSD-2-Clause */
/* /etc/SmartcardLogin.plist, as far as fixed pairing must know of it. */
#include "base/path.h"
#include "map/map.h"
#include "prefs/pl.h"

err_t
map_wants_attributes(const char *prefix, struct why *why)
{
	CLEANUP(pl_free) plist_t list = NULL;
	char path[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(prefix, PATH_LOGIN_PLIST, path)) ||
	    (e = pl_load(path, &list, why)))
		return e;
	return plist_dict_get_item(list, "AttributeMapping") != NULL
	    ? ERR_OK
	    : ERR_ABSENT;
}
