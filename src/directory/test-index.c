/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/index.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "prefs/pl.h"
#include "test.h"

#define MANY 10000

static char dir[] = "/tmp/scs-index.XXXXXX";
static bool made; /* its name may end in an X */
static char folder[128];

static struct pkhh
hash_of(unsigned int i)
{
	struct pkhh h = { { 0 } };

	for (size_t k = 0; k < 4; k++)
		h.b[k] = (uint8_t)(i >> 8 * k);
	return h;
}

static void
path_of(const char *user, char out[SCS_PATH_MAX])
{
	(void)snprintf(out, SCS_PATH_MAX, "%s/%s.plist", folder, user);
}

/* Plain writes: ten thousand synced ones would take minutes. */
static void
put(const char *user, const struct pkhh *h)
{
	char p[SCS_PATH_MAX], value[PAIRING_VALUE_SIZE];
	FILE *f;

	path_of(user, p);
	pairing_print(h, value);
	assert_non_null(f = fopen(p, "we"));
	(void)fprintf(f,
	    "<plist version=\"1.0\"><dict><key>AuthenticationAuthority</key>"
	    "<array><string>%s</string></array></dict></plist>",
	    value);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p, 0644), 0);
}

static void
empty(void)
{
	char p[SCS_PATH_MAX + 300];
	struct dirent *f;
	DIR *d;

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	(void)snprintf(folder, sizeof(folder), "%s%s", dir, PATH_USERS_DIR);
	EXPECT_OK(file_mkdirs(folder, 0755));
	assert_non_null(d = opendir(folder));
	while ((f = readdir(d)) != NULL) {
		(void)snprintf(p, sizeof(p), "%s/%s", folder, f->d_name);
		if (f->d_name[0] != '.' || f->d_name[1] == 'x')
			(void)unlink(p);
	}
	(void)closedir(d);
}

static size_t
found(const struct hash_index *ix, const struct pkhh *h, const char *first)
{
	char names[4][RECORD_NAME_MAX];
	size_t n;

	EXPECT_OK(index_find(ix, h, names, 4, &n));
	if (n > 0)
		assert_string_equal(names[0], first);
	return n;
}

TEST(a_record_is_found_by_its_hash_as_files_come_change_and_go)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct pkhh a = hash_of(1), b = hash_of(2), none = hash_of(3);
	char p[SCS_PATH_MAX];

	empty();
	EXPECT_OK(index_new(dir, &ix));
	assert_int_equal(found(ix, &a, ""), 0);
	EXPECT_OK(index_fresh(ix, NULL));
	put("zoe", &a);
	put("adam", &a);
	put("bob", &b);
	EXPECT_OK(index_fresh(ix, NULL));
	assert_int_equal(found(ix, &a, "adam"), 2);
	assert_int_equal(found(ix, &b, "bob"), 1);
	assert_int_equal(found(ix, &none, ""), 0);
	put("bob", &a); /* in place, within the same tick */
	EXPECT_OK(index_refresh(ix, NULL));
	assert_int_equal(found(ix, &a, "adam"), 3);
	assert_int_equal(found(ix, &b, ""), 0);
	path_of("adam", p);
	(void)unlink(p);
	EXPECT_OK(index_fresh(ix, NULL));
	assert_int_equal(found(ix, &a, "bob"), 2);
}

TEST(a_new_pairing_counts_at_once)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct why why = { 0 };
	struct pkhh h;

	empty();
	EXPECT_OK(index_new(dir, &ix));
	for (unsigned int i = 0; i < 50; i++) {
		h = hash_of(i + 1);
		EXPECT_OK(
		    record_pair(dir, "nobody", &h, RECORD_PAIRINGS_MAX, &why));
		EXPECT_OK(index_fresh(ix, &why));
		assert_int_equal(found(ix, &h, "nobody"), 1);
	}
}

TEST(what_is_not_a_record_pairs_nobody)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct pkhh a = hash_of(1);
	char p[SCS_PATH_MAX];

	empty();
	put(".xhidden", &a);
	put("good", &a);
	put("open", &a);
	path_of("open", p);
	assert_int_equal(chmod(p, 0666), 0);
	path_of("bad", p);
	EXPECT_OK(file_write(p, 0644, span_str("<plist><dict>")));
	(void)snprintf(p, sizeof(p), "%s/good.plist.bak", folder);
	EXPECT_OK(file_write(p, 0644, span_str("x")));
	EXPECT_OK(index_new(dir, &ix));
	EXPECT_OK(index_refresh(ix, NULL));
	assert_int_equal(found(ix, &a, "good"), 1);
	assert_string_not_equal(index_problem(ix), "");
}

TEST(more_users_than_asked_for_are_no_silent_choice)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	char names[2][RECORD_NAME_MAX];
	struct pkhh a = hash_of(1);
	size_t n;

	empty();
	put("a", &a);
	put("b", &a);
	put("c", &a);
	EXPECT_OK(index_new(dir, &ix));
	EXPECT_OK(index_refresh(ix, NULL));
	EXPECT_ERR(ERR_LIMIT, index_find(ix, &a, names, 2, &n), "three users");
}

TEST(a_folder_that_others_can_write_is_refused)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct pkhh a = hash_of(1);

	empty();
	put("a", &a);
	EXPECT_OK(index_new(dir, &ix));
	EXPECT_OK(index_refresh(ix, NULL));
	assert_int_equal(chmod(folder, 0777), 0);
	EXPECT_ERR(ERR_DENIED, index_refresh(ix, NULL), "mode 0777");
	assert_int_equal(chmod(folder, 0755), 0);
}

/* Promise 5: the cost of a login does not grow with the number of users. */
TEST(ten_thousand_records_are_read_once)
{
	CLEANUP(index_free) struct hash_index *ix = NULL;
	struct pkhh h;
	char name[32];
	uint64_t before, us;

	empty();
	for (unsigned int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "user%05u", i);
		h = hash_of(i);
		put(name, &h);
	}
	(void)usleep(100000);
	EXPECT_OK(index_new(dir, &ix));
	EXPECT_OK(index_fresh(ix, NULL));
	assert_int_equal(index_reads(ix), MANY);
	before = clock_us();
	for (unsigned int i = 0; i < MANY; i++) {
		h = hash_of(i);
		(void)snprintf(name, sizeof(name), "user%05u", i);
		EXPECT_OK(index_fresh(ix, NULL));
		assert_int_equal(found(ix, &h, name), 1);
	}
	us = clock_us() - before;
	assert_int_equal(index_reads(ix), MANY);
	printf("%d records: %.1f us a look-up\n", MANY, (double)us / MANY);
	h = hash_of(MANY);
	put("user00000", &h);
	(void)usleep(100000);
	EXPECT_OK(index_refresh(ix, NULL));
	assert_int_equal(index_reads(ix), MANY + 1);
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_USERS_DIR,
		PATH_CONF_DIR "/directory", PATH_CONF_DIR, "/etc", "" };
	char p[SCS_PATH_MAX];

	empty();
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    p, sizeof(p), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(p);
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("directory/index")
