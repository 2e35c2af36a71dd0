/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DisabledTokens, of SmartCardServices(7): the token drivers that are turned
 * off, now and whenever that changes. A preference that nobody can read is no
 * permission: then all of them are off.
 */
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "prefs/prefs.h"
#include "prefs/watch.h"
#include "token/driver.h"
#include "tokend/tokend.h"

#define ALL_OFF UINT32_MAX

static bool
is_off(const struct prefs *p, const char *id)
{
	const char *item;

	for (size_t i = 0;
	     (item = prefs_item(p, PREF_DISABLED_TOKENS, i)) != NULL; i++) {
		if (strcmp(item, id) == 0)
			return true;
	}
	return false;
}

static uint32_t
drivers_off(const struct prefs *p)
{
	const char *problem;
	uint32_t off = 0;

	for (size_t i = 0; (problem = prefs_problem(p, i)) != NULL; i++)
		log_err("preferences: %s", problem);
	if (!prefs_sound(p)) {
		log_err("the preferences were never valid: all token drivers "
			"are off until they are");
		return ALL_OFF;
	}
	for (size_t i = 0; i < driver_count(); i++) {
		if (is_off(p, driver_id(i)))
			off |= 1u << i;
	}
	return off;
}

static void
tell(uint32_t before, uint32_t now)
{
	for (size_t i = 0; i < driver_count(); i++) {
		if (((before ^ now) & 1u << i) != 0)
			log_notice("token driver %s is turned %s", driver_id(i),
			    (now & 1u << i) != 0 ? "off" : "on");
	}
}

static void
on_change(void *ctx)
{
	struct tokend *d = ctx;
	uint32_t before = d->drivers_off;

	prefs_reload(d->prefs);
	d->drivers_off = drivers_off(d->prefs);
	if (d->drivers_off == before)
		return;
	tell(before, d->drivers_off);
	for (struct entry *e = d->entries; e != NULL; e = e->next)
		entry_drivers_changed(e);
}

err_t
drivers_start(struct tokend *d, const char *prefix)
{
	static const char *const rel[] = { PATH_MANAGED_DIR, PATH_PREFS_DIR };
	const struct watch_below what = { prefix, rel, nitems(rel) };
	err_t e;

	if ((e = prefs_open(prefix, &d->prefs)) ||
	    (e = watch_new_below(d->ev, &what, on_change, d, &d->prefs_watch)))
		return e;
	d->drivers_off = drivers_off(d->prefs);
	tell(0, d->drivers_off);
	return ERR_OK;
}

void
drivers_stop(struct tokend *d)
{
	watch_free(&d->prefs_watch);
	prefs_close(&d->prefs);
}
