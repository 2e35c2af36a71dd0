/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char dir[] = "/tmp/scs-test-file-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned int at;
	char *path = paths[at++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static unsigned int
files_in_dir(void)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

TEST(aa_folder_for_the_others)
{
	assert_non_null(mkdtemp(dir));
}

TEST(file_is_read_as_it_was_written)
{
	static uint8_t much[10000];
	CLEANUP(buf_done) struct buf b = BUF_INIT(10000);
	struct stat st;

	memset(much, 'x', sizeof(much));
	EXPECT_OK(file_write(in_dir("f"), 0640, SPAN_OF(much)));
	EXPECT_OK(file_read(in_dir("f"), &b));
	assert_true(span_eq(buf_span(&b), SPAN_OF(much)));
	assert_int_equal(stat(in_dir("f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	EXPECT_OK(file_write(in_dir("f"), 0600, span_str("new")));
	buf_reset(&b);
	EXPECT_OK(file_read(in_dir("f"), &b));
	EXPECT_SPAN(buf_span(&b), "new");
	assert_int_equal(files_in_dir(), 1); /* nothing beside it */
}

TEST(file_longer_than_the_cap_is_refused)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(3);

	EXPECT_OK(file_write(in_dir("f"), 0600, span_str("123")));
	EXPECT_OK(file_read(in_dir("f"), &b));
	buf_reset(&b);
	EXPECT_OK(file_write(in_dir("f"), 0600, span_str("1234")));
	EXPECT_ERR(ERR_LIMIT, file_read(in_dir("f"), &b), "one byte more");
}

TEST(file_read_says_what_is_wrong)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(3);

	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	EXPECT_ERR(ERR_ABSENT, file_read(in_dir("none"), &b), "absent");
	EXPECT_ERR(ERR_ABSENT, file_read(in_dir("f/x"), &b), "below a file");
	EXPECT_ERR(ERR_FORMAT, file_read(dir, &b), "a folder");
	EXPECT_ERR(ERR_FORMAT, file_read("/dev/zero", &b), "a device");
	EXPECT_ERR(ERR_FORMAT, file_read(in_dir("fifo"), &b), "a fifo");
	(void)unlink(in_dir("fifo"));
}

/* A caller can tell "no such right" from "come back when there is room". */
TEST(file_without_a_descriptor_for_it_is_a_want_of_memory)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100);
	struct rlimit was, none;
	err_t e, trusted;

	EXPECT_OK(file_write(in_dir("f"), 0644, span_str("x")));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	e = file_read(in_dir("f"), &b);
	trusted = file_read_trusted(in_dir("f"), &b);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	EXPECT_ERR(ERR_NOMEM, e, "read");
	EXPECT_ERR(ERR_NOMEM, trusted, "read, trusted");
	assert_int_equal(unlink(in_dir("f")), 0);
}

TEST(file_that_decides_must_be_trusted)
{
	static const struct {
		const char *why;
		mode_t mode;
		err_t want;
	} rows[] = {
		{ "world-readable", 0644, ERR_OK },
		{ "ours alone", 0600, ERR_OK },
		{ "group writes", 0664, ERR_DENIED },
		{ "others write", 0646, ERR_DENIED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(100);

		EXPECT_OK(file_write(in_dir("t"), 0600, span_str("x")));
		assert_int_equal(chmod(in_dir("t"), rows[i].mode), 0);
		EXPECT_ERR(rows[i].want, file_read_trusted(in_dir("t"), &b),
		    rows[i].why);
	}
}

TEST(file_that_decides_is_not_reached_by_a_link)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100);

	EXPECT_OK(file_write(in_dir("t"), 0600, span_str("x")));
	assert_int_equal(symlink(in_dir("t"), in_dir("link")), 0);
	EXPECT_ERR(ERR_DENIED, file_read_trusted(in_dir("link"), &b), "a link");
	EXPECT_OK(file_read(in_dir("link"), &b));
	(void)unlink(in_dir("link"));
}

TEST(file_of_somebody_else_is_not_trusted)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100);

	if (geteuid() != 0)
		skip();
	EXPECT_OK(file_write(in_dir("t"), 0600, span_str("x")));
	assert_int_equal(chown(in_dir("t"), 65534, 65534), 0);
	EXPECT_ERR(ERR_DENIED, file_read_trusted(in_dir("t"), &b), "nobody's");
}

TEST(file_write_that_fails_leaves_nothing_behind)
{
	EXPECT_OK(file_mkdirs(in_dir("d/e"), 0700));
	EXPECT_ERR(ERR_IO, file_write(in_dir("d/e"), 0600, span_str("x")),
	    "a folder has the name");
	EXPECT_ERR(ERR_IO, file_write(in_dir("no/f"), 0600, span_str("x")),
	    "no such folder");
	(void)rmdir(in_dir("d/e"));
	assert_int_equal(rmdir(in_dir("d")), 0); /* empty again */
}

TEST(file_mkdirs_makes_what_is_missing)
{
	struct stat st;

	EXPECT_OK(file_mkdirs(in_dir("a/b//c/"), 0750));
	EXPECT_OK(file_mkdirs(in_dir("a/b/c"), 0700));
	assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	EXPECT_OK(file_write(in_dir("a/f"), 0600, span_str("x")));
	EXPECT_ERR(ERR_FORMAT, file_mkdirs(in_dir("a/f"), 0700), "a file");
	EXPECT_ERR(ERR_IO, file_mkdirs(in_dir("a/f/g"), 0700), "below a file");
	EXPECT_ERR(ERR_LIMIT, file_mkdirs("", 0700), "empty");
	(void)unlink(in_dir("a/f"));
	(void)rmdir(in_dir("a/b/c"));
	(void)rmdir(in_dir("a/b"));
	(void)rmdir(in_dir("a"));
}

TEST(zz_folder_goes)
{
	(void)unlink(in_dir("f"));
	(void)unlink(in_dir("t"));
	assert_int_equal(rmdir(dir), 0);
}

TEST_MAIN("base/file")
