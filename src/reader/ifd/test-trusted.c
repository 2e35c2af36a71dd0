/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/trusted.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char base[] = "/tmp/scs-test-trusted.XXXXXX";

static const char *
at(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void
make_file(const char *name, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void
make_folder(const char *name, mode_t mode)
{
	assert_int_equal(mkdir(at(name), 0755), 0);
	assert_int_equal(chmod(at(name), mode), 0);
}

static void
make_link(const char *to, const char *name)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s", at(to));
	assert_int_equal(symlink(full, at(name)), 0);
}

static void
make_all(void)
{
	assert_non_null(mkdtemp(base));
	make_folder("good", 0755);
	make_folder("open", 0777);
	make_folder("group", 0775);
	make_folder("sticky", 01777);
	make_file("good/driver.so", 0644);
	make_file("good/shared.so", 0664);
	make_file("open/driver.so", 0644);
	make_file("group/driver.so", 0644);
	make_file("sticky/driver.so", 0644);
	make_link("good/driver.so", "open/link.so");
	make_link("open/driver.so", "good/link.so");
	make_link("open", "good/open");
	make_link("nothing", "good/nowhere.so");
	if (geteuid() != 0)
		return;
	make_file("good/theirs.so", 0644);
	assert_int_equal(chown(at("good/theirs.so"), 65534, 65534), 0);
	make_folder("theirs", 0755);
	make_file("theirs/driver.so", 0644);
	assert_int_equal(chown(at("theirs"), 65534, 65534), 0);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

TEST(only_a_driver_that_nobody_else_can_change_is_loaded)
{
	static const struct {
		const char *why, *path;
		err_t want;
		bool root; /* needs root to be made */
	} rows[] = {
		{ "a file of root's", "good/driver.so", ERR_OK, false },
		{ "a sticky folder", "sticky/driver.so", ERR_OK, false },
		{ "a link to a good one", "open/link.so", ERR_OK, false },
		{ "a link to a bad one", "good/link.so", ERR_DENIED, false },
		{ "a linked folder", "good/open/driver.so", ERR_DENIED, false },
		{ "a file of a group", "good/shared.so", ERR_DENIED, false },
		{ "everybody's folder", "open/driver.so", ERR_DENIED, false },
		{ "a group's folder", "group/driver.so", ERR_DENIED, false },
		{ "no file", "good/none.so", ERR_ABSENT, false },
		{ "a link to nothing", "good/nowhere.so", ERR_ABSENT, false },
		{ "a folder", "good", ERR_FORMAT, false },
		{ "another's file", "good/theirs.so", ERR_DENIED, true },
		{ "another's folder", "theirs/driver.so", ERR_DENIED, true },
	};

	make_all();
	for (size_t i = 0; i < nitems(rows); i++) {
		char out[PATH_MAX] = "untouched";
		struct why why = { 0 };
		err_t e;

		if (rows[i].root && geteuid() != 0)
			continue;
		e = trusted_path(at(rows[i].path), out, &why);
		EXPECT_ERR(rows[i].want, e, rows[i].why);
		if (e != ERR_OK) {
			assert_string_equal(out, "untouched");
			assert_true(why.text[0] != '\0');
		} else {
			/* what is loaded is what was looked at */
			assert_null(strstr(out, "link"));
		}
	}
	assert_int_equal(nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TEST_MAIN("reader/ifd/trusted")
