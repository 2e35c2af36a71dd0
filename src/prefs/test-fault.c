/* SPDX-License-Identifier: BSD-2-Clause */
/* Preferences when memory or descriptors run out: never laxer than the file. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "fault.h"
#include "prefs/pl.h"
#include "prefs/prefs.h"
#include "test.h"

#define SYSTEM PATH_PREFS_DIR "/" PREFS_SMARTCARD ".plist"
#define ON "<key>allowSmartCard</key><true/>"
#define OFF "<key>allowSmartCard</key><false/>"
#define BAD "<key>allowSmartCard</key><string>perhaps</string>"
#define LISTS "<key>DisabledTokens</key><array><string>a</string></array>"
#define FAULTS_MAX 1000

static char dir[] = "/tmp/scs-prefs-fault.XXXXXX";
static bool made; /* its name may end in an X */

static void
put(const char *xml)
{
	char p[SCS_PATH_MAX], text[1024];

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	(void)snprintf(p, sizeof(p), "%s%s", dir, PATH_PREFS_DIR);
	EXPECT_OK(file_mkdirs(p, 0755));
	(void)snprintf(p, sizeof(p), "%s%s", dir, SYSTEM);
	(void)snprintf(
	    text, sizeof(text), "<plist><dict>%s</dict></plist>", xml);
	EXPECT_OK(file_write(p, 0644, span_str(text)));
}

/* What somebody who decides would take it for. */
static bool
allows(const struct prefs *p)
{
	return prefs_sound(p) && prefs_bool(p, PREF_ALLOW_SMART_CARD);
}

/* `before` was read; then the file says `after`, and allocation k fails. */
static bool
reload_meets(
    const char *before, const char *after, unsigned int k, bool *allowed)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	bool met;

	put(before);
	EXPECT_OK(prefs_open(dir, &p));
	put(after);
	fault_at(k);
	prefs_reload(p);
	met = fault_stop() >= k;
	*allowed = allows(p);
	/* and it is over when there is memory again */
	put(ON);
	prefs_reload(p);
	assert_true(allows(p));
	return met;
}

TEST(what_was_turned_off_stays_off_whatever_fails)
{
	static const struct {
		const char *why, *before, *after;
		bool want; /* with memory enough */
	} rows[] = {
		{ "turned off", ON, OFF, false },
		{ "turned off, never set before", "", OFF, false },
		{ "off before, malformed now", OFF, BAD, false },
		{ "lists beside it", ON LISTS, OFF LISTS, false },
		{ "on", ON, ON, true },
	};
	bool allowed, met;

	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned int k = 0;

		do {
			met = reload_meets(
			    rows[i].before, rows[i].after, ++k, &allowed);
			if (allowed && !rows[i].want)
				fail_msg("%s: allocation %u failed: allowed",
				    rows[i].why, k);
		} while (met && k < FAULTS_MAX);
		assert_int_equal(allowed, rows[i].want);
		assert_true(k > 2);
	}
}

TEST(without_descriptors_the_old_values_do_not_count)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	struct rlimit was, none;

	put(ON);
	EXPECT_OK(prefs_open(dir, &p));
	assert_true(allows(p));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	prefs_reload(p);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_false(allows(p));
	assert_non_null(prefs_problem(p, 0));
	prefs_reload(p);
	assert_true(allows(p));
}

static err_t
open_and_close(void *ctx UNUSED)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	err_t e = prefs_open(dir, &p);

	return e == ERR_OK && !allows(p) ? ERR_NOMEM : e;
}

TEST(opening_fails_or_is_not_sound)
{
	put(ON LISTS);
	assert_true(fault_each(open_and_close, NULL) > 3);
}

static err_t
set_list(void *ctx UNUSED)
{
	static const char *const list[] = { "a", "b" };
	const struct pref_value v = { .type = PREF_LIST, .list = list, .n = 2 };

	put(ON LISTS);
	return prefs_set(dir, PREFS_SMARTCARD, "DisabledTokens", &v, NULL);
}

TEST(setting_writes_all_or_nothing)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;

	assert_true(fault_each(set_list, NULL) > 5);
	EXPECT_OK(prefs_open(dir, &p));
	assert_string_equal(prefs_item(p, PREF_DISABLED_TOKENS, 0), "a");
	assert_string_equal(prefs_item(p, PREF_DISABLED_TOKENS, 1), "b");
	assert_null(prefs_item(p, PREF_DISABLED_TOKENS, 2));
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_PREFS_DIR, PATH_CONF_DIR,
		"/etc", "" };
	char p[SCS_PATH_MAX];

	(void)snprintf(p, sizeof(p), "%s%s", dir, SYSTEM);
	(void)unlink(p);
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    p, sizeof(p), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(p);
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("prefs/fault")
