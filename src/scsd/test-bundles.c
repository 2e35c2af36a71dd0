/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/bundles.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "test.h"

static char prefix[] = "/tmp/scs-test-bundles.XXXXXX";

static void
make(const char *folder, const char *name)
{
	char path[SCS_PATH_MAX];

	(void)snprintf(
	    path, sizeof(path), "%s%s/%s/Contents/Linux", prefix, folder, name);
	EXPECT_OK(file_mkdirs(path, 0755));
}

static int
drop(const char *path, const struct stat *st UNUSED, int kind UNUSED,
    struct FTW *where UNUSED)
{
	return remove(path);
}

static bool
ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);

	return n >= k && strcmp(path + n - k, end) == 0;
}

TEST(bundles_of_both_folders_in_the_order_of_their_names)
{
	static struct bundles b;

	assert_non_null(mkdtemp(prefix));
	EXPECT_OK(bundles_load(prefix, false, &b));
	assert_int_equal(b.n, 0);
	make(PATH_PCSC_DRIVERS, "b.bundle");
	make(PATH_PCSC_DRIVERS, "a.bundle");
	make(PATH_PCSC_DRIVERS, "serial");
	make(PATH_PCSC_DRIVERS, ".hidden.bundle");
	make(PATH_PCSC_DRIVERS, ".bundle");
	make(PATH_DRIVERS, "z.bundle");
	EXPECT_OK(bundles_load(prefix, false, &b));
	assert_int_equal(b.n, 3);
	assert_true(ends_in(b.dir[0], PATH_DRIVERS "/z.bundle"));
	assert_true(ends_in(b.dir[1], PATH_PCSC_DRIVERS "/a.bundle"));
	assert_true(ends_in(b.dir[2], PATH_PCSC_DRIVERS "/b.bundle"));

	/* below /tmp, where everybody can write */
	EXPECT_OK(bundles_load(prefix, true, &b));
	assert_int_equal(b.n, 0);

	for (unsigned int i = 0; i < 2 * BUNDLES_MAX; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "m%02u.bundle", i);
		make(PATH_PCSC_DRIVERS, name);
	}
	EXPECT_OK(bundles_load(prefix, false, &b));
	assert_int_equal(b.n, BUNDLES_MAX);
	assert_int_equal(nftw(prefix, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TEST(a_prefix_with_a_way_out_is_refused)
{
	static struct bundles b;

	EXPECT_ERR(ERR_FORMAT, bundles_load("/tmp/../etc", false, &b), "..");
}

static void
list(struct bundles *b, const char *a, const char *c, const char *e)
{
	const char *const dirs[] = { a, c, e };

	*b = (struct bundles){ 0 };
	for (size_t i = 0; i < nitems(dirs) && dirs[i] != NULL; i++)
		(void)snprintf(
		    b->dir[b->n++], sizeof(b->dir[0]), "%s", dirs[i]);
}

TEST(a_bundle_keeps_its_number_until_it_has_gone)
{
	static struct bundles b, fresh;

	list(&b, "/a", "/b", "/c");
	list(&fresh, "/c", "/a", NULL);
	bundles_merge(&b, &fresh);
	assert_int_equal(b.n, 3);
	assert_string_equal(b.dir[0], "/a");
	assert_string_equal(b.dir[1], "");
	assert_string_equal(b.dir[2], "/c");
	list(&fresh, "/d", "/c", "/a");
	bundles_merge(&b, &fresh);
	assert_int_equal(b.n, 3);
	assert_string_equal(b.dir[1], "/d");
	list(&fresh, "/e", "/f", "/c");
	fresh.n = 3;
	bundles_merge(&b, &fresh);
	assert_int_equal(b.n, 3);
	assert_string_equal(b.dir[0], "/e");
	assert_string_equal(b.dir[1], "/f");
	assert_string_equal(b.dir[2], "/c");
}

TEST(there_is_room_for_as_many_as_are_found)
{
	static struct bundles b, fresh;

	for (size_t i = 0; i < BUNDLES_MAX; i++) {
		(void)snprintf(b.dir[i], sizeof(b.dir[i]), "/old%zu", i);
		(void)snprintf(
		    fresh.dir[i], sizeof(fresh.dir[i]), "/new%zu", i);
	}
	b.n = fresh.n = BUNDLES_MAX;
	bundles_merge(&b, &fresh);
	assert_int_equal(b.n, BUNDLES_MAX);
	assert_memory_equal(&b, &fresh, sizeof(b));
}

TEST_MAIN("scsd/bundles")
