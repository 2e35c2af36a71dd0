/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers. Those of readers are bundles; what their Info.plist says is shown,
 * not believed. An unreadable one is shown as such.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "prefs/pl.h"
#include "prefs/prefs.h"
#include "tool/profiler.h"
#include "tool/say.h"

#define ROW_MAX (SCS_PATH_MAX + 1024)
#define BUNDLES_MAX 99
#define NAME_CHARS 200

static const char *const folders[] = {
	"/usr/local/libexec/SmartCardServices/drivers",
	"/usr/lib/pcsc/drivers",
};

/* Its plist may be a link to a file in /etc, as that of libccid is. */
static err_t
load(const char *path, plist_t *out, struct why *why)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(PL_SIZE_MAX);
	err_t e;

	if ((e = file_read(path, &b)))
		return why_add(why, e, "%s: %s", path, err_text(e));
	return pl_parse(buf_span(&b), out, why);
}

static const char *
string_in(plist_t info, const char *key)
{
	const char *s;

	if (info == NULL || pl_string(plist_dict_get_item(info, key), &s))
		return "(null)";
	return s;
}

static void
bundle(
    struct report *r, json_object *section, const char *dir, const char *name)
{
	CLEANUP(pl_free) plist_t info = NULL;
	char path[SCS_PATH_MAX], text[ROW_MAX];
	struct why why = { 0 };
	int n;

	n = snprintf(
	    path, sizeof(path), "%s/%s/Contents/Info.plist", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return;
	if (load(path, &info, &why) != ERR_OK)
		say("reader driver \"%s\": %s", name,
		    why_text(&why, ERR_ABSENT));
	(void)snprintf(text, sizeof(text), "%.*s:%.*s (%s/%s)", NAME_CHARS,
	    string_in(info, "CFBundleIdentifier"), NAME_CHARS,
	    string_in(info, "CFBundleShortVersionString"), dir, name);
	text_clean(text);
	report_row(r, section, text);
}

static int
is_bundle(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 7 &&
	    strcmp(d->d_name + n - 7, ".bundle") == 0;
}

static void
folder(struct report *r, json_object *section, const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_bundle, alphasort);

	for (int i = 0; i < n; i++) {
		if (i < BUNDLES_MAX)
			bundle(r, section, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

void
profiler_reader_drivers(struct report *r, const char *prefix)
{
	json_object *section = report_section(r, "READERS_DRIVERS");
	char dir[SCS_PATH_MAX];

	for (size_t i = 0; i < nitems(folders); i++) {
		if (path_under(prefix, folders[i], dir) == ERR_OK)
			folder(r, section, dir);
	}
}

static bool
disabled(const struct prefs *p, const char *id)
{
	const char *one;

	for (size_t i = 0;
	     (one = prefs_item(p, PREF_DISABLED_TOKENS, i)) != NULL; i++) {
		if (strcmp(one, id) == 0)
			return true;
	}
	return false;
}

void
profiler_card_drivers(struct report *r, const char *prefix)
{
	static const char *const built_in[] = {
		"com.apple.CryptoTokenKit.pivtoken",
	};
	CLEANUP(prefs_close) struct prefs *p = NULL;
	json_object *section = report_section(r, "SMARTCARDS_DRIVERS");
	char text[ROW_MAX];

	if (prefs_open(prefix, &p) != ERR_OK)
		say("preferences: cannot be read: which drivers are disabled "
		    "is not known");
	for (size_t i = 0; i < nitems(built_in); i++) {
		(void)snprintf(text, sizeof(text),
		    "%s:%s (" SCS_LIBEXECDIR "/scs-token-worker)%s",
		    built_in[i], SCS_VERSION,
		    p != NULL && disabled(p, built_in[i]) ? " disabled" : "");
		report_row(r, section, text);
	}
}
