/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefs/prefs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "prefs/pl.h"
#include "test.h"

#define MANAGED PATH_MANAGED_DIR "/" PREFS_SMARTCARD ".plist"
#define SYSTEM PATH_PREFS_DIR "/" PREFS_SMARTCARD ".plist"

static char dir[] = "/tmp/scs-prefs.XXXXXX";
static bool made; /* its name may end in an X */

static void
put(const char *path, const char *xml)
{
	char p[SCS_PATH_MAX], text[1024];

	(void)snprintf(p, sizeof(p), "%s%s", dir, path);
	if (xml == NULL) {
		(void)unlink(p);
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "<plist version=\"1.0\"><dict>%s</dict></plist>", xml);
	EXPECT_OK(file_write(p, 0644, span_str(text)));
}

static struct prefs *
open_empty(void)
{
	struct prefs *p = NULL;
	char path[SCS_PATH_MAX];

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	(void)snprintf(path, sizeof(path), "%s%s", dir, PATH_MANAGED_DIR);
	EXPECT_OK(file_mkdirs(path, 0755));
	(void)snprintf(path, sizeof(path), "%s%s", dir, PATH_PREFS_DIR);
	EXPECT_OK(file_mkdirs(path, 0755));
	put(MANAGED, NULL);
	put(SYSTEM, NULL);
	EXPECT_OK(prefs_open(dir, &p));
	return p;
}

TEST(every_key_has_its_default)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();

	assert_true(prefs_sound(p));
	assert_null(prefs_problem(p, 0));
	for (unsigned int i = 0; i < PREF_COUNT; i++) {
		const struct pref_key *k = &pref_keys[i];

		assert_int_equal(prefs_origin(p, (enum pref)i), PREF_DEFAULT);
		assert_int_equal(pref_find(k->domain, k->name), i);
		if (k->type == PREF_BOOL)
			assert_int_equal(prefs_bool(p, (enum pref)i), k->def);
		else if (k->type == PREF_INT)
			assert_int_equal(prefs_int(p, (enum pref)i), k->def);
		else
			assert_null(prefs_item(p, (enum pref)i, 0));
	}
	assert_true(prefs_bool(p, PREF_ALLOW_SMART_CARD));
	assert_true(prefs_bool(p, PREF_USER_PAIRING));
	assert_false(prefs_bool(p, PREF_ENFORCE_SMART_CARD));
	assert_int_equal(pref_find(PREFS_SMARTCARD, "nothing"), PREF_COUNT);
}

TEST(managed_comes_before_system_before_default)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();

	put(SYSTEM,
	    "<key>checkCertificateTrust</key><integer>1</integer>"
	    "<key>DisabledTokens</key><array><string>a</string>"
	    "<string>b</string></array>");
	prefs_reload(p);
	assert_int_equal(prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST), 1);
	assert_int_equal(
	    prefs_origin(p, PREF_CHECK_CERTIFICATE_TRUST), PREF_SYSTEM);
	assert_string_equal(prefs_item(p, PREF_DISABLED_TOKENS, 1), "b");
	assert_null(prefs_item(p, PREF_DISABLED_TOKENS, 2));
	put(MANAGED, "<key>checkCertificateTrust</key><integer>3</integer>");
	prefs_reload(p);
	assert_int_equal(prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST), 3);
	assert_int_equal(
	    prefs_origin(p, PREF_CHECK_CERTIFICATE_TRUST), PREF_MANAGED);
	assert_string_equal(prefs_item(p, PREF_DISABLED_TOKENS, 0), "a");
	put(MANAGED, NULL);
	put(SYSTEM, NULL);
	prefs_reload(p);
	assert_int_equal(prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST), 0);
}

TEST(a_bad_value_keeps_the_last_valid_one)
{
	static const struct {
		const char *why, *xml;
	} rows[] = {
		{ "another type",
		    "<key>checkCertificateTrust</key><string>2</string>" },
		{ "above the range",
		    "<key>checkCertificateTrust</key><integer>4</integer>" },
		{ "below the range",
		    "<key>checkCertificateTrust</key><integer>-1</integer>" },
		{ "a malformed file", "<key>checkCertificateTrust</key>" },
	};
	CLEANUP(prefs_close) struct prefs *p = open_empty();

	put(SYSTEM, "<key>checkCertificateTrust</key><integer>2</integer>");
	prefs_reload(p);
	for (size_t i = 0; i < nitems(rows); i++) {
		put(SYSTEM, rows[i].xml);
		prefs_reload(p);
		if (prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST) != 2)
			fail_msg("%s: the value changed", rows[i].why);
		assert_true(prefs_sound(p));
		assert_non_null(prefs_problem(p, 0));
		assert_non_null(strstr(prefs_problem(p, 0), SYSTEM));
	}
	/* the other keys of a file with one bad value count */
	put(SYSTEM,
	    "<key>checkCertificateTrust</key><integer>9</integer>"
	    "<key>allowSmartCard</key><false/>");
	prefs_reload(p);
	assert_false(prefs_bool(p, PREF_ALLOW_SMART_CARD));
	assert_int_equal(prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST), 2);
}

TEST(a_bad_file_without_a_valid_past_is_not_sound)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();

	put(MANAGED, "<key>allowSmartCard</key>");
	prefs_reload(p);
	assert_false(prefs_sound(p));
	prefs_reload(p);
	assert_false(prefs_sound(p));
	put(MANAGED, "<key>allowSmartCard</key><string>perhaps</string>");
	prefs_reload(p);
	assert_false(prefs_sound(p));
	put(MANAGED, "<key>allowSmartCard</key><false/>");
	prefs_reload(p);
	assert_true(prefs_sound(p));
	assert_false(prefs_bool(p, PREF_ALLOW_SMART_CARD));
}

TEST(a_file_that_others_can_write_does_not_count)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();
	char path[SCS_PATH_MAX];

	put(SYSTEM, "<key>allowSmartCard</key><false/>");
	(void)snprintf(path, sizeof(path), "%s%s", dir, SYSTEM);
	assert_int_equal(chmod(path, 0666), 0);
	prefs_reload(p);
	assert_false(prefs_sound(p));
	assert_true(prefs_bool(p, PREF_ALLOW_SMART_CARD));
}

/* Who can take the file away, or another of root's in its place, decides. */
TEST(a_folder_that_others_can_write_does_not_count)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();
	char path[SCS_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", dir, PATH_MANAGED_DIR);
	put(MANAGED, "<key>allowSmartCard</key><false/>");
	prefs_reload(p);
	assert_false(prefs_bool(p, PREF_ALLOW_SMART_CARD));
	assert_int_equal(chmod(path, 0775), 0);
	put(MANAGED, NULL);
	prefs_reload(p);
	assert_false(prefs_bool(p, PREF_ALLOW_SMART_CARD));
	assert_non_null(strstr(prefs_problem(p, 0), path));
	prefs_close(&p);
	EXPECT_OK(prefs_open(dir, &p));
	assert_false(prefs_sound(p));
	assert_int_equal(chmod(path, 0755), 0);
	prefs_reload(p);
	assert_true(prefs_sound(p));
	assert_true(prefs_bool(p, PREF_ALLOW_SMART_CARD));
}

TEST(setting_one_key_leaves_the_others)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();
	const char *const drivers[] = { "x", "y" };
	const struct pref_value no = { .type = PREF_BOOL, .number = 0 },
				two = { .type = PREF_INT, .number = 2 },
				list = { .type = PREF_LIST,
					.list = drivers,
					.n = 2 };
	struct why why = { 0 };

	put(SYSTEM,
	    "<key>Other</key><date>2026-01-01T00:00:00Z</date>"
	    "<key>UserPairing</key><false/>");
	EXPECT_OK(prefs_set(dir, PREFS_SMARTCARD, "allowSmartCard", &no, &why));
	EXPECT_OK(prefs_set(
	    dir, PREFS_SMARTCARD, "checkCertificateTrust", &two, &why));
	EXPECT_OK(
	    prefs_set(dir, PREFS_SMARTCARD, "DisabledTokens", &list, &why));
	prefs_reload(p);
	assert_null(prefs_problem(p, 0));
	assert_false(prefs_bool(p, PREF_ALLOW_SMART_CARD));
	assert_false(prefs_bool(p, PREF_USER_PAIRING));
	assert_int_equal(prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST), 2);
	assert_string_equal(prefs_item(p, PREF_DISABLED_TOKENS, 1), "y");
	EXPECT_OK(prefs_set(dir, PREFS_SMARTCARD, "UserPairing", NULL, &why));
	prefs_reload(p);
	assert_true(prefs_bool(p, PREF_USER_PAIRING));
	EXPECT_ERR(ERR_ABSENT,
	    prefs_set(dir, PREFS_SMARTCARD, "UserPairing", NULL, &why),
	    "deleted already");
}

TEST(an_item_goes_in_and_out_of_a_list_alone)
{
	CLEANUP(prefs_close) struct prefs *p = open_empty();
	const enum pref key = PREF_DISABLED_TOKENS;
	struct why why = { 0 };
	char text[8];

	EXPECT_ERR(ERR_ABSENT, prefs_set_item(dir, key, "a", false, &why),
	    "nothing there");
	EXPECT_OK(prefs_set_item(dir, key, "a", true, &why));
	EXPECT_ERR(ERR_ABSENT, prefs_set_item(dir, key, "a", true, &why),
	    "there already");
	put(SYSTEM,
	    "<key>Other</key><true/><key>DisabledTokens</key><array>"
	    "<string>a</string><string>b</string><string>a</string></array>");
	EXPECT_OK(prefs_set_item(dir, key, "c", true, &why));
	EXPECT_OK(prefs_set_item(dir, key, "a", false, &why));
	prefs_reload(p);
	assert_string_equal(prefs_item(p, key, 0), "b");
	assert_string_equal(prefs_item(p, key, 1), "c");
	assert_null(prefs_item(p, key, 2));
	for (unsigned int i = 2; i < PREFS_ITEMS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		EXPECT_OK(prefs_set_item(dir, key, text, true, &why));
	}
	EXPECT_ERR(
	    ERR_LIMIT, prefs_set_item(dir, key, "x", true, &why), "too many");
	EXPECT_OK(prefs_set_item(dir, key, "b", false, &why));
	put(SYSTEM, "<key>DisabledTokens</key><true/>");
	EXPECT_ERR(
	    ERR_FORMAT, prefs_set_item(dir, key, "a", true, &why), "no list");
}

/* Whoever can write it could hold a lock there, and us with it. */
TEST(a_folder_that_others_can_write_is_not_locked)
{
	CLEANUP(prefs_close) UNUSED struct prefs *p = open_empty();
	const struct pref_value no = { .type = PREF_BOOL, .number = 0 };
	char folder[SCS_PATH_MAX / 2], lock[SCS_PATH_MAX];
	struct why why = { 0 };

	(void)snprintf(folder, sizeof(folder), "%s%s", dir, PATH_PREFS_DIR);
	(void)snprintf(lock, sizeof(lock), "%s" PL_LOCK_NAME, folder);
	(void)unlink(lock);
	assert_int_equal(chmod(folder, 0777), 0);
	EXPECT_ERR(ERR_DENIED,
	    prefs_set(dir, PREFS_SMARTCARD, "allowSmartCard", &no, &why),
	    "written by others");
	assert_int_equal(access(lock, F_OK), -1);
	assert_int_equal(chmod(folder, 0755), 0);
}

TEST(setting_refuses_what_would_be_malformed)
{
	const struct pref_value nine = { .type = PREF_INT, .number = 9 };
	const struct pref_value yes = { .type = PREF_BOOL, .number = 1 };
	static const char *const escape[] = { "a\x1b[2J" };
	const struct pref_value odd = {
		.type = PREF_LIST, .list = escape, .n = 1
	};
	CLEANUP(prefs_close) UNUSED struct prefs *p = open_empty();
	struct why why = { 0 };

	EXPECT_ERR(ERR_FORMAT,
	    prefs_set(
		dir, PREFS_SMARTCARD, "checkCertificateTrust", &nine, &why),
	    "out of range");
	EXPECT_ERR(ERR_FORMAT, prefs_set(dir, "../x", "a", &yes, &why),
	    "a domain that leaves the folder");
	EXPECT_ERR(ERR_FORMAT, prefs_set(dir, ".x", "a", &yes, &why),
	    "a hidden domain");
	EXPECT_ERR(ERR_FORMAT, prefs_set(dir, "x", "", &yes, &why), "no key");
	EXPECT_ERR(ERR_FORMAT,
	    prefs_set(dir, PREFS_SMARTCARD, "DisabledTokens", &odd, &why),
	    "text that could not be read back");
	EXPECT_OK(
	    prefs_set(dir, PREFS_SMARTCARD, "allowSmartCard", &yes, &why));
	put(SYSTEM, "<key>broken</key>");
	EXPECT_ERR(ERR_FORMAT,
	    prefs_set(dir, PREFS_SMARTCARD, "allowSmartCard", &yes, &why),
	    "the present file is malformed");
}

TEST(zz_clean)
{
	char cmd[SCS_PATH_MAX];

	put(SYSTEM, NULL);
	put(MANAGED, NULL);
	static const char *const folders[] = { PATH_MANAGED_DIR, PATH_PREFS_DIR,
		PATH_CONF_DIR, "/etc", "" };
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    cmd, sizeof(cmd), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(cmd);
		(void)snprintf(cmd, sizeof(cmd), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(cmd), 0);
	}
}

TEST_MAIN("prefs/prefs")
