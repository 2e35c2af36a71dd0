/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guard refuses, row by row, and what it must not refuse. */
#include "prefs/pl.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

#define XML(body) "<plist version=\"1.0\"><dict>" body "</dict></plist>"
#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"

static err_t
parse(struct span s, struct why *why)
{
	CLEANUP(pl_free) plist_t list = NULL;
	err_t e = pl_parse(s, &list, why);

	assert_true((e == ERR_OK) == (list != NULL));
	return e;
}

static const struct {
	const char *why, *text;
	err_t want;
} xml_rows[] = {
	{ "empty dictionary", XML(""), ERR_OK },
	{ "as plutil writes it", HEAD XML("<key>a</key><true/>") "\n", ERR_OK },
	{ "each type",
	    XML("<key>a</key><string>s</string><key>b</key>"
		"<integer>-12</integer><key>c</key><real>1.5</real>"
		"<key>d</key><false/><key>e</key><data>AAEC</data>"
		"<key>f</key><date>2026-01-01T00:00:00Z</date>"
		"<key>g</key><array><string/><dict/></array>"),
	    ERR_OK },
	{ "a comment", XML("<!-- > < --><key>a</key><true/>"), ERR_OK },
	{ "largest integer",
	    XML("<key>a</key><integer>9223372036854775807</integer>"), ERR_OK },
	{ "smallest integer",
	    XML("<key>a</key><integer>-9223372036854775808</integer>"),
	    ERR_OK },
	{ "integer too large",
	    XML("<key>a</key><integer>9223372036854775808</integer>"),
	    ERR_FORMAT },
	{ "integer and letters", XML("<key>a</key><integer>3abc</integer>"),
	    ERR_FORMAT },
	{ "integer without digits", XML("<key>a</key><integer>-</integer>"),
	    ERR_FORMAT },
	{ "empty integer", XML("<key>a</key><integer/>"), ERR_FORMAT },
	{ "comment in an integer",
	    XML("<key>a</key><integer>1<!-- -->2</integer>"), ERR_FORMAT },
	{ "the same key twice", XML("<key>a</key><true/><key>a</key><false/>"),
	    ERR_FORMAT },
	{ "the same key twice, once by entity",
	    XML("<key>a</key><true/><key>&#97;</key><false/>"), ERR_FORMAT },
	{ "a key without a value", XML("<key>a</key>"), ERR_FORMAT },
	{ "two keys in a row", XML("<key>a</key><key>b</key><true/>"),
	    ERR_FORMAT },
	{ "a value without a key", XML("<true/>"), ERR_FORMAT },
	{ "text between values", XML("x<key>a</key><true/>"), ERR_FORMAT },
	{ "bytes after the end", XML("") "x", ERR_FORMAT },
	{ "a second list", XML("") XML(""), ERR_FORMAT },
	{ "two values in a list", "<plist><dict></dict><dict></dict></plist>",
	    ERR_FORMAT },
	{ "no value in a list", "<plist></plist>", ERR_FORMAT },
	{ "an array outermost", "<plist><array></array></plist>", ERR_FORMAT },
	{ "cut short", "<plist><dict><key>a</key>", ERR_FORMAT },
	{ "a tag cut short", "<plist><dict", ERR_FORMAT },
	{ "closed crosswise",
	    "<plist><dict><key>a</key><array></dict></array></plist>",
	    ERR_FORMAT },
	{ "an unknown element", XML("<key>a</key><blob/>"), ERR_FORMAT },
	{ "an attribute", XML("<key>a</key><true x=\"1\"/>"), ERR_FORMAT },
	{ "an internal document type",
	    "<!DOCTYPE plist [<!ENTITY a \"b\">]>" XML(""), ERR_FORMAT },
	{ "an unknown entity", XML("<key>a</key><string>&x;</string>"),
	    ERR_FORMAT },
	{ "CDATA", XML("<key>a</key><string><![CDATA[x]]></string>"),
	    ERR_FORMAT },
	{ "not UTF-8", XML("<key>a</key><string>\xff</string>"), ERR_FORMAT },
	{ "a key that is not UTF-8", XML("<key>\xc0\x80</key><true/>"),
	    ERR_FORMAT },
	{ "a control character", XML("<key>a</key><string>\x1b[2J</string>"),
	    ERR_FORMAT },
	{ "a line end in a string", XML("<key>a</key><string>b\nc</string>"),
	    ERR_OK },
	{ "nothing", "", ERR_FORMAT },
	{ "JSON", "{\"a\": true}", ERR_FORMAT },
	{ "OpenStep", "{ a = b; }", ERR_FORMAT },
};

TEST(xml_lists_are_taken_or_refused_whole)
{
	for (size_t i = 0; i < nitems(xml_rows); i++) {
		struct why why = { 0 };

		EXPECT_ERR(xml_rows[i].want,
		    parse(span_str(xml_rows[i].text), &why), xml_rows[i].why);
		if (xml_rows[i].want != ERR_OK && why.text[0] == '\0')
			fail_msg("%s: no reason", xml_rows[i].why);
	}
}

/* `n` arrays inside each other. */
static err_t
nested(unsigned int n)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(PL_SIZE_MAX);
	struct why why = { 0 };

	buf_put(&b, span_str("<plist><dict><key>a</key>"));
	for (unsigned int i = 0; i < n; i++)
		buf_put(&b, span_str("<array>"));
	for (unsigned int i = 0; i < n; i++)
		buf_put(&b, span_str("</array>"));
	buf_put(&b, span_str("</dict></plist>"));
	EXPECT_OK(buf_status(&b));
	return parse(buf_span(&b), &why);
}

TEST(nesting_is_bounded_before_libplist_sees_it)
{
	EXPECT_ERR(ERR_OK, nested(PL_DEPTH_MAX - 1), "at the limit");
	EXPECT_ERR(ERR_LIMIT, nested(PL_DEPTH_MAX), "one more");
	EXPECT_ERR(ERR_LIMIT, nested(10000), "many more");
}

TEST(size_and_count_are_bounded)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(2 * PL_SIZE_MAX);
	struct why why = { 0 };

	buf_put(&b, span_str("<plist><dict><key>a</key><array>"));
	for (unsigned int i = 0; i < PL_NODES_MAX; i++)
		buf_put(&b, span_str("<true/>"));
	buf_put(&b, span_str("</array></dict></plist>"));
	EXPECT_ERR(ERR_LIMIT, parse(buf_span(&b), &why), "too many values");
	buf_reset(&b);
	buf_put(&b, span_str(XML("")));
	while (b.n <= PL_SIZE_MAX)
		buf_put_u8(&b, '\n');
	EXPECT_ERR(ERR_LIMIT, parse(buf_span(&b), &why), "too many bytes");
}

/*
 * A binary list by hand: objects, their offsets, trailer. `offs` holds the
 * offset of each object from the start of the file.
 */
static err_t
binary_wide(struct span objects, struct span offs, uint8_t off_size,
    uint8_t ref_size, size_t extra)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(PL_SIZE_MAX);
	static const uint8_t unused[6];
	struct why why = { 0 };
	size_t table;

	buf_put(&b, span_str("bplist00"));
	buf_put(&b, objects);
	table = b.n;
	buf_put(&b, offs);
	for (size_t i = 0; i < extra; i++)
		buf_put_u8(&b, 0);
	buf_put(&b, SPAN_OF(unused));
	buf_put_u8(&b, off_size);
	buf_put_u8(&b, ref_size);
	buf_put_u64(&b, offs.n / off_size);
	buf_put_u64(&b, 0);
	buf_put_u64(&b, table);
	return parse(buf_span(&b), &why);
}

/* With offsets of one byte each. */
static err_t
binary(struct span objects, struct span offs, uint8_t ref_size, size_t extra)
{
	return binary_wide(objects, offs, 1, ref_size, extra);
}

static const struct {
	const char *why;
	const char *objects, *offs;
	size_t objects_n, offs_n;
	uint8_t ref_size;
	size_t extra;
	err_t want;
} binary_rows[] = {
#define O(s) .objects = (s), .objects_n = sizeof(s) - 1
#define T(s) .offs = (s), .offs_n = sizeof(s) - 1
	{ .why = "empty dictionary", O("\xd0"), T("\x08"), 1, 0, ERR_OK },
	{ .why = "a: true",
	    O("\xd1\x01\x02\x51"
	      "a\x09"),
	    T("\x08\x0b\x0d"),
	    1,
	    0,
	    ERR_OK },
	{ .why = "a byte between table and trailer",
	    O("\xd0"),
	    T("\x08"),
	    1,
	    1,
	    ERR_FORMAT },
	{ .why = "an object beyond the table",
	    O("\xd0"),
	    T("\x09"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "an object in the header",
	    O("\xd0"),
	    T("\x07"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "references of no size",
	    O("\xd0"),
	    T("\x08"),
	    0,
	    0,
	    ERR_FORMAT },
	{ .why = "a reference to no object",
	    O("\xd1\x01\x09\x51"
	      "a"),
	    T("\x08\x0b"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "a key that is a number",
	    O("\xd1\x01\x01\x10\x05"),
	    T("\x08\x0b"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "a dictionary in itself",
	    O("\xd1\x01\x00\x51"
	      "a"),
	    T("\x08\x0b"),
	    1,
	    0,
	    ERR_LIMIT },
	{ .why = "a string longer than the file",
	    O("\xd1\x01\x02\x51"
	      "a\x5f\x11\x40\x00"),
	    T("\x08\x0b\x0d"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "a string with a zero byte",
	    O("\xd1\x01\x02\x51"
	      "a\x53"
	      "b\x00"
	      "c"),
	    T("\x08\x0b\x0d"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "the same key twice",
	    O("\xd2\x01\x01\x02\x02\x51"
	      "a\x09"),
	    T("\x08\x0d\x0f"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "a UID",
	    O("\xd1\x01\x02\x51"
	      "a\x80\x01"),
	    T("\x08\x0b\x0d"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "an integer of 16 bytes",
	    O("\xd1\x01\x02\x51"
	      "a\x14"
	      "0123456789abcdef"),
	    T("\x08\x0b\x0d"),
	    1,
	    0,
	    ERR_FORMAT },
	{ .why = "an array outermost", O("\xa0"), T("\x08"), 1, 0, ERR_FORMAT },
#undef O
#undef T
};

TEST(binary_lists_are_walked_before_libplist_sees_them)
{
	for (size_t i = 0; i < nitems(binary_rows); i++)
		EXPECT_ERR(binary_rows[i].want,
		    binary(span_from(binary_rows[i].objects,
			       binary_rows[i].objects_n),
			span_from(binary_rows[i].offs, binary_rows[i].offs_n),
			binary_rows[i].ref_size, binary_rows[i].extra),
		    binary_rows[i].why);
}

/* Each array holds the next twice: 2^31 values in 200 bytes. */
TEST(an_exponential_binary_list_is_refused)
{
	CLEANUP(buf_done) struct buf o = BUF_INIT(1024);
	CLEANUP(buf_done) struct buf t = BUF_INIT(1024);

	buf_put_u8(&t, 8);
	buf_put(&o, span_from("\xd1\x01\x02", 3));
	buf_put_u8(&t, (uint8_t)(8 + o.n));
	buf_put(&o,
	    span_from("\x51"
		      "a",
		2));
	for (uint8_t i = 2; i < 32; i++) {
		buf_put_u8(&t, (uint8_t)(8 + o.n));
		buf_put_u8(&o, 0xa2);
		buf_put_u8(&o, (uint8_t)(i + 1));
		buf_put_u8(&o, (uint8_t)(i + 1));
	}
	buf_put_u8(&t, (uint8_t)(8 + o.n));
	buf_put_u8(&o, 0x09);
	EXPECT_ERR(ERR_LIMIT, binary(buf_span(&o), buf_span(&t), 1, 0),
	    "shared arrays");
}

/* One long text, named a thousand times: libplist copies it for each. */
TEST(a_text_that_is_copied_often_is_refused)
{
	static const struct {
		const char *why;
		uint8_t
		    marker; /* data, ASCII, UTF-16, with an integer length */
		size_t unit, times;
		err_t want;
	} rows[] = {
		{ "data", 0x4f, 1, 1000, ERR_LIMIT },
		{ "ASCII", 0x5f, 1, 1000, ERR_LIMIT },
		{ "UTF-16", 0x6f, 2, 1000, ERR_LIMIT },
		{ "a few times", 0x5f, 1, 4, ERR_OK },
	};
	const size_t n = 50000;

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf o = BUF_INIT(PL_SIZE_MAX);
		CLEANUP(buf_done) struct buf t = BUF_INIT(16);

		/* 0: { key 1: array 2 }; the array: text 3, again and again */
		buf_put(&o, span_from("\xd1\x01\x02\x51k\xaf\x11", 7));
		buf_put_u16(&o, (uint16_t)rows[i].times);
		for (size_t k = 0; k < rows[i].times; k++)
			buf_put_u8(&o, 3);
		buf_put(&t, span_from("\x00\x08\x00\x0b\x00\x0d", 6));
		buf_put_u16(&t, (uint16_t)(8 + o.n));
		buf_put_u8(&o, rows[i].marker);
		buf_put_u8(&o, 0x11);
		buf_put_u16(&o, (uint16_t)n);
		for (size_t k = 0; k < n * rows[i].unit; k++)
			buf_put_u8(&o, 'a');
		EXPECT_ERR(rows[i].want,
		    binary_wide(buf_span(&o), buf_span(&t), 2, 1, 0),
		    rows[i].why);
	}
}

TEST(values_are_what_cfpreferences_takes_for_them)
{
	static const struct {
		const char *xml;
		err_t b, i;
		bool as_bool;
		int64_t as_int;
	} rows[] = {
		{ "<true/>", ERR_OK, ERR_OK, true, 1 },
		{ "<false/>", ERR_OK, ERR_OK, false, 0 },
		{ "<integer>1</integer>", ERR_OK, ERR_OK, true, 1 },
		{ "<integer>2</integer>", ERR_FORMAT, ERR_OK, false, 2 },
		{ "<integer>-1</integer>", ERR_FORMAT, ERR_OK, false, -1 },
		{ "<string>YES</string>", ERR_OK, ERR_FORMAT, true, 0 },
		{ "<string>no</string>", ERR_OK, ERR_FORMAT, false, 0 },
		{ "<string>maybe</string>", ERR_FORMAT, ERR_FORMAT, false, 0 },
		{ "<real>1</real>", ERR_FORMAT, ERR_FORMAT, false, 0 },
		{ "<array/>", ERR_FORMAT, ERR_FORMAT, false, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(pl_free) plist_t list = NULL;
		char text[200];
		int64_t v = 0;
		bool b = false;
		plist_t node;

		(void)snprintf(
		    text, sizeof(text), XML("<key>a</key>%s"), rows[i].xml);
		EXPECT_OK(pl_parse(span_str(text), &list, NULL));
		node = plist_dict_get_item(list, "a");
		EXPECT_ERR(rows[i].b, pl_bool(node, &b), rows[i].xml);
		EXPECT_ERR(rows[i].i, pl_int(node, &v), rows[i].xml);
		assert_true(b == rows[i].as_bool && v == rows[i].as_int);
	}
}

TEST(a_file_is_stored_and_loaded_and_must_be_trusted)
{
	CLEANUP(pl_free) plist_t list = plist_new_dict(), again = NULL;
	char dir[] = "/tmp/scs-pl.XXXXXX", path[64];
	struct why why = { 0 };

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.plist", dir);
	EXPECT_ERR(ERR_ABSENT, pl_load(path, &again, &why), "no file");
	plist_dict_set_item(list, "n", plist_new_uint(7));
	EXPECT_OK(pl_store(path, list, &why));
	EXPECT_OK(pl_load(path, &again, &why));
	assert_int_equal(plist_dict_get_size(again), 1);
	pl_free(&again);
	assert_int_equal(chmod(path, 0664), 0);
	EXPECT_ERR(ERR_DENIED, pl_load(path, &again, &why), "mode 0664");
	assert_non_null(strstr(why.text, path));
	(void)unlink(path);
	(void)rmdir(dir);
}

TEST_MAIN("prefs/pl")
