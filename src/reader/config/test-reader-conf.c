/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/config/reader-conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

#define N "FRIENDLYNAME \"A B\"\n"
#define L "LIBPATH /l.so\n"
#define D "DEVICENAME /dev/x:1\n"
#define C "CHANNELID 0x8C7B\n"

TEST(each_line_is_a_keyword_and_one_value)
{
	static const struct {
		const char *why, *text;
		err_t want;
		size_t n;
	} rows[] = {
		{ "empty", "", ERR_OK, 0 },
		{ "comments alone", "# x\n\n  # y", ERR_OK, 0 },
		{ "four fields", N L D C, ERR_OK, 1 },
		{ "any order", C D L N, ERR_OK, 1 },
		{ "two readers", N L D C N L D C, ERR_OK, 2 },
		{ "two without device", N L C N L C, ERR_OK, 2 },
		{ "no channel", N L D, ERR_OK, 1 },
		{ "no end of line", N D "LIBPATH /l.so", ERR_OK, 1 },
		{ "carriage returns", "FRIENDLYNAME A\r\nLIBPATH /l\r\n" C,
		    ERR_OK, 1 },
		{ "comment behind", N L "CHANNELID 1# one\n", ERR_OK, 1 },
		{ "blanks in front", " \t" N "\t" L D, ERR_OK, 1 },
		{ "single quotes", "FRIENDLYNAME 'A B'\n" L D, ERR_OK, 1 },
		{ "all in one line",
		    "FRIENDLYNAME \"A\" DEVICENAME /d LIBPATH /l # x\n", ERR_OK,
		    1 },
		{ "two in one line",
		    "FRIENDLYNAME A LIBPATH /l CHANNELID 1 "
		    "FRIENDLYNAME B LIBPATH /l CHANNELID 2",
		    ERR_OK, 2 },
		{ "no name", L D C, ERR_FORMAT, 0 },
		{ "two kinds of quotes", N L "DEVICENAME \"x'\n", ERR_FORMAT,
		    0 },
		{ "no library", N D C, ERR_FORMAT, 0 },
		{ "no device, no channel", N L, ERR_FORMAT, 0 },
		{ "first is incomplete", N D N L D, ERR_FORMAT, 0 },
		{ "unknown keyword", N L D "SPEED 9600\n", ERR_FORMAT, 0 },
		{ "lower case", N L "devicename /dev/x\n", ERR_FORMAT, 0 },
		{ "no value", N L "DEVICENAME\n", ERR_FORMAT, 0 },
		{ "empty quotes", N L "DEVICENAME \"\"\n", ERR_FORMAT, 0 },
		{ "open quote", N L "DEVICENAME \"x\n\"", ERR_FORMAT, 0 },
		{ "two values", N L "DEVICENAME a b\n", ERR_FORMAT, 0 },
		{ "quote behind", N L "DEVICENAME a\"b\"\n", ERR_FORMAT, 0 },
		{ "relative library", N D "LIBPATH l.so\n", ERR_FORMAT, 0 },
		{ "name with a control", L D "FRIENDLYNAME a\x1b[2J\n",
		    ERR_FORMAT, 0 },
		{ "number with a tail", N L "CHANNELID 12x\n", ERR_FORMAT, 0 },
		{ "negative", N L "CHANNELID -1\n", ERR_FORMAT, 0 },
		{ "8 in octal", N L "CHANNELID 08\n", ERR_FORMAT, 0 },
		{ "0x alone", N L "CHANNELID 0x\n", ERR_FORMAT, 0 },
		{ "33 bits", N L "CHANNELID 0x100000000\n", ERR_FORMAT, 0 },
		{ "32 bits", N L "CHANNELID 0xffffffff\n", ERR_OK, 1 },
	};
	static struct reader_list list;

	for (size_t i = 0; i < nitems(rows); i++) {
		struct why why = { 0 };

		list.n = 0;
		EXPECT_ERR(rows[i].want,
		    reader_conf_parse(span_str(rows[i].text), &list, &why),
		    rows[i].why);
		if (list.n != rows[i].n)
			fail_msg("%s: %zu readers", rows[i].why, list.n);
		if (rows[i].want != ERR_OK && why.text[0] == '\0')
			fail_msg("%s: no reason", rows[i].why);
	}
}

TEST(debians_own_file_says_what_it_says)
{
	static struct reader_list list;
	struct why why = { 0 };

	list.n = 0;
	EXPECT_OK(reader_conf_parse(
	    span_str("FRIENDLYNAME \"Virtual PCD\"\n"
		     "DEVICENAME   /dev/null:0x8C7B\n"
		     "LIBPATH      /usr/lib/pcsc/drivers/serial/l.so\n"
		     "CHANNELID    0x8C7B\n"),
	    &list, &why));
	assert_int_equal(list.n, 1);
	assert_string_equal(list.readers[0].name, "Virtual PCD");
	assert_string_equal(list.readers[0].device, "/dev/null:0x8C7B");
	assert_string_equal(
	    list.readers[0].library, "/usr/lib/pcsc/drivers/serial/l.so");
	assert_int_equal(list.readers[0].channel, 0x8c7b);
}

TEST(lengths_are_capped)
{
	static struct reader_list list;
	static char text[READER_CONF_SIZE + 2];
	struct why why = { 0 };
	size_t n = 0;

	list.n = 0;
	for (size_t i = 0; i < READER_CONF_MAX; i++, n += strlen(N L D C))
		memcpy(text + n, N L D C, strlen(N L D C));
	EXPECT_OK(reader_conf_parse(span_from(text, n), &list, &why));
	assert_int_equal(list.n, READER_CONF_MAX);
	/* those for which there is no room take nobody's place */
	EXPECT_OK(reader_conf_parse(span_str(N L D C N L D C), &list, &why));
	assert_int_equal(list.n, READER_CONF_MAX);
	assert_int_equal(list.left_out, 2);
	EXPECT_ERR(ERR_FORMAT,
	    reader_conf_parse(span_str(N L D C N), &list, &why), "half of one");
	assert_int_equal(list.left_out, 2);
	list.n = 0;
	memset(text, '#', sizeof(text));
	EXPECT_ERR(ERR_LIMIT,
	    reader_conf_parse(
		span_from(text, READER_CONF_SIZE + 1), &list, &why),
	    "file");
	for (size_t len = READER_CONF_NAME - 1; len <= READER_CONF_NAME;
	     len++) {
		(void)snprintf(
		    text, sizeof(text), L D "FRIENDLYNAME %0*d\n", (int)len, 0);
		list.n = 0;
		EXPECT_OK(reader_conf_parse(span_str(text), &list, &why));
		assert_int_equal(
		    strlen(list.readers[0].name), READER_CONF_NAME - 1);
	}
}

static unsigned int bad_files;

static void
note_bad(const char *path, const struct why *why)
{
	assert_non_null(strstr(path, "/b"));
	assert_true(why->text[0] != '\0');
	bad_files++;
}

TEST(a_file_that_others_can_write_or_that_is_wrong_is_left_out)
{
	static struct reader_list list;
	char dir[] = "/tmp/scs-reader-conf.XXXXXX", path[64];
	/* clang-format off */
	static const struct { const char *name, *text; unsigned int mode; }
	files[] = {
		{ "a", N L D C, 0644 },
		{ "b-writable", N L D C, 0666 },
		{ "b-wrong", "what\n", 0644 },
		{ "c", N L D C, 0644 },
		{ "d~", "what\n", 0644 },
		{ "e.dpkg-old", "what\n", 0644 },
	};
	/* clang-format on */

	list.n = 0;
	bad_files = 0;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < nitems(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		EXPECT_OK(file_write(path, 0600, span_str(files[i].text)));
		assert_int_equal(chmod(path, files[i].mode), 0);
	}
	EXPECT_OK(reader_conf_load(dir, &list, note_bad));
	assert_int_equal(list.n, 2);
	assert_int_equal(bad_files, 2);
	for (size_t i = 0; i < nitems(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(dir), 0);
	EXPECT_OK(reader_conf_load(dir, &list, note_bad)); /* no folder */
	assert_int_equal(list.n, 2);
}

static void
note_folder(const char *path, const struct why *why)
{
	assert_null(strchr(path + strlen("/tmp/"), '/'));
	assert_true(why->text[0] != '\0');
	bad_files++;
}

/* Who may rename a file that was put aside brings it back. */
TEST(a_folder_that_others_can_write_has_no_readers)
{
	static struct reader_list list;
	char dir[] = "/tmp/scs-reader-conf.XXXXXX", path[64];

	list.n = 0;
	bad_files = 0;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a", dir);
	EXPECT_OK(file_write(path, 0644, span_str(N L D C)));
	assert_int_equal(chmod(dir, 0775), 0);
	EXPECT_OK(reader_conf_load(dir, &list, note_folder));
	assert_int_equal(list.n, 0);
	assert_int_equal(bad_files, 1);
	assert_int_equal(chmod(dir, 0755), 0);
	EXPECT_OK(reader_conf_load(dir, &list, note_folder));
	assert_int_equal(list.n, 1);
	assert_int_equal(bad_files, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

TEST_MAIN("reader/config/reader-conf")
