/* SPDX-License-Identifier: BSD-2-Clause */
#include "map/map.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "fault.h"
#include "prefs/pl.h"
#include "test.h"

static char dir[] = "/tmp/scs-map.XXXXXX";
static struct hash_index *ix;

/* Both exist in every passwd. */
#define A "daemon"
#define B "nobody"

static struct pkhh
key(uint8_t i)
{
	struct pkhh h = { { i } };

	return h;
}

static void
unpair(const char *user)
{
	size_t n;

	EXPECT_OK(record_unpair(dir, user, NULL, &n, NULL));
}

static void
pair(const char *user, uint8_t i)
{
	struct pkhh h = key(i);

	EXPECT_OK(record_pair(dir, user, &h, RECORD_PAIRINGS_MAX, NULL));
}

static void
ready(void)
{
	if (ix == NULL) {
		assert_non_null(mkdtemp(dir));
		EXPECT_OK(index_new(dir, &ix));
	}
	unpair(A);
	unpair(B);
}

static err_t
map(const struct pkhh *keys, size_t n, struct map_match *m, size_t *found)
{
	const struct map_source from = { .prefix = dir, .index = ix };

	EXPECT_OK(index_fresh(ix, NULL));
	return map_users(&from, keys, n, m, found, NULL);
}

TEST(keys_are_mapped_to_the_users_paired_with_them)
{
	struct pkhh keys[] = { key(1), key(2), key(3) };
	struct map_match m[MAP_USERS_MAX];
	size_t n = 0;

	ready();
	EXPECT_ERR(ERR_ABSENT, map(keys, 3, m, &n), "nobody is paired");
	pair(B, 2);
	EXPECT_OK(map(keys, 3, m, &n));
	assert_int_equal(n, 1);
	assert_string_equal(m[0].user, B);
	assert_int_equal(m[0].key, 1);
	pair(A, 2);
	EXPECT_OK(map(keys, 3, m, &n));
	assert_int_equal(n, 2);
	assert_string_equal(m[0].user, A);
	/* a second card of the same user adds nobody */
	pair(B, 3);
	EXPECT_OK(map(keys, 3, m, &n));
	assert_int_equal(n, 2);
	EXPECT_ERR(ERR_ABSENT, map(keys, 0, m, &n), "no key at all");
}

TEST(the_record_decides_and_not_the_index)
{
	const struct map_source from = { .prefix = dir, .index = ix };
	struct map_match m[MAP_USERS_MAX];
	struct pkhh k = key(1);
	size_t n;

	ready();
	pair(A, 1);
	EXPECT_OK(index_fresh(ix, NULL));
	unpair(A);
	EXPECT_ERR(ERR_ABSENT, map_users(&from, &k, 1, m, &n, NULL),
	    "an index that is behind");
}

static err_t
map_key_1(void *ctx UNUSED)
{
	const struct map_source from = { .prefix = dir, .index = ix };
	struct map_match m[MAP_USERS_MAX];
	struct pkhh k = key(1);
	size_t n = 0;
	err_t e = map_users(&from, &k, 1, m, &n, NULL);

	assert_int_equal(n, e == ERR_OK ? 2 : 0);
	return e;
}

/* One of two found is a choice that nobody made. */
TEST(all_users_of_a_key_are_found_or_none)
{
	ready();
	pair(A, 1);
	pair(B, 1);
	EXPECT_OK(index_fresh(ix, NULL));
	assert_true(fault_each(map_key_1, NULL) > 4);
}

TEST(a_record_of_nobody_maps_to_nobody)
{
	struct map_match m[MAP_USERS_MAX];
	struct pkhh k = key(1);
	char p[SCS_PATH_MAX], q[SCS_PATH_MAX];
	size_t n;

	ready();
	pair(A, 1);
	EXPECT_OK(record_path(dir, A, p));
	EXPECT_OK(record_path(dir, "no-such-user", q));
	assert_int_equal(rename(p, q), 0);
	EXPECT_ERR(ERR_ABSENT, map(&k, 1, m, &n), "not in passwd");
	(void)unlink(q);
}

TEST(a_configuration_is_absent_asks_for_attributes_or_is_bad)
{
	static const struct {
		const char *why, *text;
		err_t want;
	} rows[] = {
		{ "no mapping", "<plist><dict/></plist>", ERR_ABSENT },
		{ "a mapping",
		    "<plist><dict><key>AttributeMapping</key><dict/></dict>"
		    "</plist>",
		    ERR_OK },
		{ "malformed", "<plist><dict>", ERR_FORMAT },
	};
	char p[SCS_PATH_MAX];
	struct why why = { 0 };

	ready();
	EXPECT_ERR(ERR_ABSENT, map_wants_attributes(dir, &why), "no file");
	(void)snprintf(p, sizeof(p), "%s%s", dir, PATH_LOGIN_PLIST);
	for (size_t i = 0; i < nitems(rows); i++) {
		EXPECT_OK(file_write(p, 0644, span_str(rows[i].text)));
		EXPECT_ERR(
		    rows[i].want, map_wants_attributes(dir, &why), rows[i].why);
	}
	assert_int_equal(chmod(p, 0666), 0);
	EXPECT_ERR(
	    ERR_DENIED, map_wants_attributes(dir, &why), "writable by others");
	(void)unlink(p);
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_USERS_DIR,
		PATH_CONF_DIR "/directory", PATH_CONF_DIR, "/etc", "" };
	char p[SCS_PATH_MAX];

	index_free(&ix);
	EXPECT_OK(record_path(dir, A, p));
	(void)unlink(p);
	EXPECT_OK(record_path(dir, B, p));
	(void)unlink(p);
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(
		    p, sizeof(p), "%s%s" PL_LOCK_NAME, dir, folders[i]);
		(void)unlink(p);
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("map/map")
