/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and their index when memory runs out: whole or not at all. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "directory/index.h"
#include "fault.h"
#include "prefs/pl.h"
#include "test.h"

#define USER "nobody"
#define OTHER "daemon"
#define AA "<key>AuthenticationAuthority</key>"
#define HASH "0123456789ABCDEF0123456789ABCDEF01234567"
#define OLD_FORM AA "<string>;pubkeyhash;" HASH "</string>"
#define UNPAIRED "<key>RealName</key><string>x</string>"

static char dir[] = "/tmp/scs-directory-fault.XXXXXX";
static bool made; /* its name may end in an X */
static struct pkhh hash;

static void
put(const char *user, const char *body)
{
	char p[SCS_PATH_MAX], text[1024];

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	EXPECT_OK(pkhh_parse(HASH, &hash));
	(void)snprintf(p, sizeof(p), "%s%s", dir, PATH_USERS_DIR);
	EXPECT_OK(file_mkdirs(p, 0755));
	EXPECT_OK(record_path(dir, user, p));
	(void)snprintf(
	    text, sizeof(text), "<plist><dict>%s</dict></plist>", body);
	EXPECT_OK(file_write(p, 0644, span_str(text)));
}

static err_t
read_record(void *ctx)
{
	struct record r;
	err_t e = record_read(dir, USER, &r, NULL);

	if (e == ERR_OK)
		assert_int_equal(record_paired(&r, &hash), *(bool *)ctx);
	return e;
}

TEST(a_record_is_read_whole_or_not)
{
	bool paired = true;

	put(USER, OLD_FORM);
	assert_true(fault_each(read_record, &paired) > 3);
	paired = false;
	put(USER, UNPAIRED);
	assert_true(fault_each(read_record, &paired) > 2);
}

static err_t
pair(void *ctx)
{
	struct record r;
	err_t e;

	put(USER, ctx);
	e = record_pair(dir, USER, &hash, RECORD_PAIRINGS_MAX, NULL);
	if (e != ERR_OK)
		return e;
	return record_read(dir, USER, &r, NULL);
}

static err_t
unpair(void *ctx)
{
	size_t n = 0;
	err_t e;

	put(USER, ctx);
	e = record_unpair(dir, USER, NULL, &n, NULL);
	if (e == ERR_OK)
		assert_int_equal(n, 1);
	return e;
}

TEST(a_record_is_changed_whole_or_not)
{
	static char old[] = AA "<string>;other;</string>" UNPAIRED;
	static char paired[] = OLD_FORM UNPAIRED;
	struct record r;

	assert_true(fault_each(pair, old) > 5);
	EXPECT_OK(record_read(dir, USER, &r, NULL));
	assert_true(record_paired(&r, &hash));
	assert_true(fault_each(unpair, paired) > 4);
	EXPECT_OK(record_read(dir, USER, &r, NULL));
	assert_false(record_paired(&r, &hash));
}

static size_t
found(struct hash_index *ix)
{
	char names[4][RECORD_NAME_MAX];
	size_t n = 0;

	EXPECT_OK(index_find(ix, &hash, names, 4, &n));
	return n;
}

static err_t
refresh(void *ctx)
{
	struct hash_index *ix = ctx;
	size_t before = found(ix);
	err_t e = index_refresh(ix, NULL);

	/* as it was, or as it is */
	assert_int_equal(found(ix), e == ERR_OK ? 2 : before);
	return e;
}

TEST(an_index_is_as_it_was_or_as_it_is)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;

	put(USER, OLD_FORM);
	put(OTHER, UNPAIRED);
	EXPECT_OK(index_new(dir, &ix));
	EXPECT_OK(index_refresh(ix, NULL));
	assert_int_equal(found(ix), 1);
	put(OTHER, OLD_FORM);
	assert_true(fault_each(refresh, ix) > 8);
}

static err_t new (void *ctx UNUSED)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;

	return index_new(dir, &ix);
}

TEST(an_index_begins_or_does_not)
{
	assert_true(fault_each(new, NULL) > 0);
}

TEST(a_record_nobody_could_open_is_looked_at_again)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct rlimit was, few;
	int next;

	put(USER, OLD_FORM);
	put(OTHER, OLD_FORM);
	EXPECT_OK(index_new(dir, &ix));
	(void)usleep(100 * 1000); /* the folder's times settle */
	/* the folder can be opened, the records in it cannot */
	assert_true((next = dup(0)) >= 0);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = (struct rlimit){ (rlim_t)next + 1, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	EXPECT_ERR(ERR_NOMEM, index_fresh(ix, NULL), "no descriptors");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	EXPECT_OK(index_fresh(ix, NULL));
	assert_int_equal(found(ix), 2);
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_USERS_DIR,
		PATH_CONF_DIR "/directory", PATH_CONF_DIR, "/etc", "" };
	char p[SCS_PATH_MAX];

	EXPECT_OK(record_path(dir, USER, p));
	(void)unlink(p);
	EXPECT_OK(record_path(dir, OTHER, p));
	(void)unlink(p);
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    p, sizeof(p), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(p);
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("directory/fault")
