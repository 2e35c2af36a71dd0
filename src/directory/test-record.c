/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/record.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "prefs/pl.h"
#include "test.h"

#define HASH_A "0123456789ABCDEF0123456789ABCDEF01234567"
#define HASH_B "89ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define AA "<key>AuthenticationAuthority</key>"
#define USER "nobody"

static char dir[] = "/tmp/scs-record.XXXXXX";
static bool made; /* its name may end in an X */
static char file[128];

static void
ready(void)
{
	char folder[100];

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	(void)snprintf(folder, sizeof(folder), "%s%s", dir, PATH_USERS_DIR);
	EXPECT_OK(file_mkdirs(folder, 0755));
	(void)snprintf(file, sizeof(file), "%s/%s.plist", folder, USER);
	(void)unlink(file);
}

static void
put(const char *body)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "<plist version=\"1.0\"><dict>%s</dict></plist>", body);
	EXPECT_OK(file_write(file, 0644, span_str(text)));
}

static struct pkhh
hash(const char *hex)
{
	struct pkhh h;

	EXPECT_OK(pkhh_parse(hex, &h));
	return h;
}

static bool
file_has(const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(65536);

	EXPECT_OK(file_read(file, &b));
	return memmem(b.p, b.n, text, strlen(text)) != NULL;
}

TEST(names_are_checked_before_they_become_paths)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = { { "jane", true }, { "j\xc3\xb6rg", true },
		{ "jane.doe", true }, { "a-b", true }, { "", false },
		{ ".", false }, { "..", false }, { ".jane", false },
		{ "-jane", false }, { "a/b", false }, { "../etc", false },
		{ "a\nb", false }, { "a\xff", false } };
	char longest[RECORD_NAME_MAX + 1];

	for (size_t i = 0; i < nitems(rows); i++) {
		if (record_name_ok(rows[i].name) != rows[i].ok)
			fail_msg("\"%s\"", rows[i].name);
	}
	memset(longest, 'a', RECORD_NAME_MAX);
	longest[RECORD_NAME_MAX] = '\0';
	assert_false(record_name_ok(longest));
}

TEST(a_user_without_a_record_is_paired_with_nothing)
{
	struct why why = { 0 };
	struct record r;

	ready();
	EXPECT_OK(record_read(dir, USER, &r, &why));
	assert_string_equal(r.name, USER);
	assert_int_equal(r.pairings_n, 0);
	EXPECT_ERR(ERR_ABSENT, record_read(dir, "no-such-user", &r, &why),
	    "a user who does not exist");
	EXPECT_ERR(ERR_FORMAT, record_read(dir, "../" USER, &r, &why),
	    "a name that is a path");
}

TEST(records_are_taken_or_refused_whole)
{
	static const struct {
		const char *why, *body;
		err_t want;
		size_t pairings;
	} rows[] = {
		{ "two pairings among others",
		    AA "<array><string>;ShadowHash;</string>"
		       "<string>;tokenidentity;" HASH_A "</string>"
		       "<string>;pubkeyhash;" HASH_B "</string></array>",
		    ERR_OK, 2 },
		{ "one string alone",
		    AA "<string>;tokenidentity;" HASH_A "</string>", ERR_OK,
		    1 },
		{ "a malformed pairing pairs nothing",
		    AA "<array><string>;tokenidentity;0123</string></array>",
		    ERR_OK, 0 },
		{ "other keys alone", "<key>x</key><integer>1</integer>",
		    ERR_OK, 0 },
		{ "a number in the array",
		    AA "<array><integer>1</integer></array>", ERR_FORMAT, 0 },
		{ "a dictionary", AA "<dict/>", ERR_FORMAT, 0 },
		{ "enforcement out of range",
		    "<key>SmartCardEnforcement</key><integer>3</integer>",
		    ERR_FORMAT, 0 },
		{ "enforcement that is no number",
		    "<key>SmartCardEnforcement</key><string>always</string>",
		    ERR_FORMAT, 0 },
		{ "a malformed list", "<key>x</key>", ERR_FORMAT, 0 },
	};

	ready();
	for (size_t i = 0; i < nitems(rows); i++) {
		struct why why = { 0 };
		struct record r = { 0 };

		put(rows[i].body);
		EXPECT_ERR(rows[i].want, record_read(dir, USER, &r, &why),
		    rows[i].why);
		if (r.pairings_n != rows[i].pairings)
			fail_msg("%s: %zu pairings", rows[i].why, r.pairings_n);
	}
}

TEST(pairing_keeps_what_else_is_in_the_record)
{
	struct pkhh a = hash(HASH_A), b = hash(HASH_B);
	struct why why = { 0 };
	struct record r;
	size_t n = 9;

	ready();
	put("<key>RealName</key><string>Jane</string>" AA
	    "<array><string>;ShadowHash;HASHLIST:&lt;x&gt;</string></array>");
	EXPECT_OK(record_pair(dir, USER, &a, RECORD_PAIRINGS_MAX, &why));
	EXPECT_OK(record_pair(dir, USER, &b, RECORD_PAIRINGS_MAX, &why));
	EXPECT_OK(record_pair(
	    dir, USER, &a, RECORD_PAIRINGS_MAX, &why)); /* is there already */
	EXPECT_OK(record_read(dir, USER, &r, &why));
	assert_int_equal(r.pairings_n, 2);
	assert_true(record_paired(&r, &a) && record_paired(&r, &b));
	assert_true(file_has(";tokenidentity;" HASH_A));
	EXPECT_OK(record_unpair(dir, USER, &a, &n, &why));
	assert_int_equal(n, 1);
	EXPECT_OK(record_read(dir, USER, &r, &why));
	assert_false(record_paired(&r, &a));
	assert_true(record_paired(&r, &b));
	EXPECT_OK(record_unpair(dir, USER, NULL, &n, &why));
	assert_int_equal(n, 1);
	EXPECT_OK(record_unpair(dir, USER, NULL, &n, &why));
	assert_int_equal(n, 0);
	assert_true(file_has("RealName") && file_has(";ShadowHash;HASHLIST"));
}

TEST(unpairing_takes_the_old_form_too)
{
	struct pkhh a = hash(HASH_A);
	struct why why = { 0 };
	struct record r;
	size_t n;

	ready();
	put(AA "<array><string>;pubkeyhash;" HASH_A "</string>"
	       "<string>;TokenIdentity;" HASH_A "</string></array>");
	EXPECT_OK(record_unpair(dir, USER, &a, &n, &why));
	assert_int_equal(n, 2);
	EXPECT_OK(record_read(dir, USER, &r, &why));
	assert_int_equal(r.pairings_n, 0);
}

/* The services read records under users of their own. */
TEST(a_first_record_can_be_read_whatever_the_umask)
{
	char folder[100], lock[120];
	struct pkhh a = hash(HASH_A);
	struct why why = { 0 };
	struct stat st;
	mode_t mask;

	ready();
	(void)snprintf(folder, sizeof(folder), "%s%s", dir, PATH_USERS_DIR);
	(void)snprintf(lock, sizeof(lock), "%s" PL_LOCK_NAME, folder);
	(void)unlink(lock);
	assert_int_equal(rmdir(folder), 0);
	mask = umask(077);
	EXPECT_OK(record_pair(dir, USER, &a, RECORD_PAIRINGS_MAX, &why));
	assert_int_equal(umask(mask), 077);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

TEST(pairing_refuses_a_user_who_does_not_exist_and_a_bad_record)
{
	struct pkhh a = hash(HASH_A);
	struct why why = { 0 };

	ready();
	EXPECT_ERR(ERR_ABSENT,
	    record_pair(dir, "no-such-user", &a, RECORD_PAIRINGS_MAX, &why),
	    "no such user");
	put("<key>x</key>");
	EXPECT_ERR(ERR_FORMAT,
	    record_pair(dir, USER, &a, RECORD_PAIRINGS_MAX, &why),
	    "a malformed record is not overwritten");
	assert_true(file_has("<key>x</key>"));
}

TEST(records_must_be_roots_alone)
{
	struct why why = { 0 };
	char folder[100];
	struct record r;

	ready();
	put("");
	EXPECT_OK(record_read(dir, USER, &r, &why));
	assert_int_equal(chmod(file, 0662), 0);
	EXPECT_ERR(ERR_DENIED, record_read(dir, USER, &r, &why),
	    "a file that others can write");
	(void)unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	EXPECT_ERR(ERR_DENIED, record_read(dir, USER, &r, &why), "a link");
	(void)unlink(file);
	(void)snprintf(folder, sizeof(folder), "%s%s", dir, PATH_USERS_DIR);
	assert_int_equal(chmod(folder, 0777), 0);
	EXPECT_ERR(ERR_DENIED, record_read(dir, USER, &r, &why),
	    "a folder that others can write");
	assert_int_equal(chmod(folder, 0755), 0);
}

/* The system's word alone, without a record of ours. */
TEST(names_and_numbers_are_the_systems)
{
	char name[RECORD_NAME_MAX];
	uid_t uid = 77;

	EXPECT_OK(record_uid_of("root", &uid));
	assert_int_equal(uid, 0);
	EXPECT_OK(record_name_of(0, name));
	assert_string_equal(name, "root");
	uid = 77;
	EXPECT_ERR(ERR_FORMAT, record_uid_of("../root", &uid), "no name");
	EXPECT_ERR(ERR_ABSENT, record_uid_of("no-such-user", &uid), "nobody's");
	assert_int_equal(uid, 77);
	EXPECT_ERR(ERR_ABSENT, record_name_of(4000000000u, name), "no number");
	assert_string_equal(name, "root");
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_USERS_DIR,
		PATH_CONF_DIR "/directory", PATH_CONF_DIR, "/etc", "" };
	char p[SCS_PATH_MAX];

	(void)unlink(file);
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    p, sizeof(p), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(p);
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("directory/record")
