/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/config/bundle.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fault.h"
#include "prefs/pl.h"
#include "test.h"

#define HEAD                                         \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>" \
	"<plist version=\"1.0\"><dict>"
#define TAIL "</dict></plist>"
#define S(s) "<string>" s "</string>"
#define K(k) "<key>" k "</key>"
#define EXE K("CFBundleExecutable") S("libx.so")
#define V(v) K("ifdVendorID") v
#define P(v) K("ifdProductID") v
#define F(v) K("ifdFriendlyName") v
#define A(v) "<array>" v "</array>"
#define DEV V(S("0x04E6")) P(S("3437")) F(S("A reader"))

TEST(three_lists_of_strings_of_the_same_length)
{
	static const struct {
		const char *why, *body;
		err_t want;
		size_t n;
	} rows[] = {
		{ "one device", EXE DEV, ERR_OK, 1 },
		{ "two devices",
		    EXE V(A(S("1") S("0x2"))) P(A(S("3") S("4")))
			F(A(S("a") S("b"))),
		    ERR_OK, 2 },
		{ "capabilities", EXE DEV K("ifdCapabilities") S("0x1"), ERR_OK,
		    1 },
		{ "capabilities, no number",
		    EXE DEV K("ifdCapabilities") S("one"), ERR_FORMAT, 0 },
		{ "capabilities, another type",
		    EXE DEV K("ifdCapabilities") "<true/>", ERR_FORMAT, 0 },
		{ "no executable", DEV, ERR_FORMAT, 0 },
		{ "a path", K("CFBundleExecutable") S("../x") DEV, ERR_FORMAT,
		    0 },
		{ "the folder above", K("CFBundleExecutable") S("..") DEV,
		    ERR_FORMAT, 0 },
		{ "empty executable", K("CFBundleExecutable") S("") DEV,
		    ERR_FORMAT, 0 },
		{ "no devices", EXE, ERR_FORMAT, 0 },
		{ "no names", EXE V(S("1")) P(S("2")), ERR_FORMAT, 0 },
		{ "a name too few",
		    EXE V(A(S("1") S("2"))) P(A(S("3") S("4"))) F(A(S("a"))),
		    ERR_FORMAT, 0 },
		{ "a product too many",
		    EXE V(A(S("1"))) P(A(S("3") S("4"))) F(A(S("a"))),
		    ERR_FORMAT, 0 },
		{ "empty lists", EXE V(A("")) P(A("")) F(A("")), ERR_FORMAT,
		    0 },
		{ "a number among them",
		    EXE V(A("<integer>1</integer>")) P(A(S("3"))) F(A(S("a"))),
		    ERR_FORMAT, 0 },
		{ "17 bits", EXE V(S("0x10000")) P(S("1")) F(S("a")),
		    ERR_FORMAT, 0 },
		{ "33 bits", EXE V(S("0x100000001")) P(S("1")) F(S("a")),
		    ERR_FORMAT, 0 },
		{ "no digits", EXE V(S("0x")) P(S("1")) F(S("a")), ERR_FORMAT,
		    0 },
		{ "a sign", EXE V(S("-1")) P(S("1")) F(S("a")), ERR_FORMAT, 0 },
		{ "a name with a tab", EXE V(S("1")) P(S("1")) F(S("a\tb")),
		    ERR_FORMAT, 0 },
		{ "an empty name", EXE V(S("1")) P(S("1")) F(S("")), ERR_FORMAT,
		    0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(bundle_done) struct bundle b = { 0 };
		char text[2048];
		struct why why = { 0 };

		(void)snprintf(
		    text, sizeof(text), HEAD "%s" TAIL, rows[i].body);
		EXPECT_ERR(rows[i].want, bundle_parse(span_str(text), &b, &why),
		    rows[i].why);
		if (b.n != rows[i].n)
			fail_msg("%s: %zu devices", rows[i].why, b.n);
	}
}

/* pcsc-lite looks for keys and strings and at nothing else. */
TEST(a_list_that_is_no_property_list_is_read_as_pcscd_reads_it)
{
#define OPEN(v) "<array>" v "<array>"
	static const struct {
		const char *why, *text;
		err_t want;
		size_t n;
	} rows[] = {
		{ "arrays that are opened twice, as Debian's libgempc430",
		    HEAD EXE V(OPEN(S("1") S("2"))) P(OPEN(S("3") S("4")))
			F(OPEN(S("a") S("b &amp; c"))) TAIL,
		    ERR_OK, 2 },
		{ "a comment with an element",
		    HEAD EXE "<x>" V(S("1")) P(S("2"))
			F(S("a")) "<!-- " S("b") " -->" TAIL,
		    ERR_OK, 1 },
		{ "the last of two equal keys",
		    HEAD EXE DEV V(S("1")) P(S("2")) F(S("a")) TAIL, ERR_OK,
		    1 },
		{ "one string in an array",
		    HEAD "<x>" K("CFBundleExecutable") A(S("libx.so")) DEV TAIL,
		    ERR_OK, 1 },
		{ "a name too few",
		    HEAD EXE V(OPEN(S("1") S("2"))) P(OPEN(S("3") S("4")))
			F(OPEN(S("a"))) TAIL,
		    ERR_FORMAT, 0 },
		{ "half a file", HEAD EXE DEV, ERR_FORMAT, 0 },
		{ "a string that is never closed", HEAD EXE DEV "<string>" TAIL,
		    ERR_FORMAT, 0 },
		{ "a comment that is never closed", HEAD EXE "<x><!--" DEV TAIL,
		    ERR_FORMAT, 0 },
		{ "nothing", "", ERR_FORMAT, 0 },
		{ "an end", TAIL, ERR_FORMAT, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(bundle_done) struct bundle b = { 0 };
		struct why why = { 0 };

		EXPECT_ERR(rows[i].want,
		    bundle_parse(span_str(rows[i].text), &b, &why),
		    rows[i].why);
		if (b.n != rows[i].n)
			fail_msg("%s: %zu devices", rows[i].why, b.n);
		if (rows[i].want == ERR_OK &&
		    strcmp(b.executable, "libx.so") != 0)
			fail_msg("%s: %s", rows[i].why, b.executable);
		if (b.n == 2)
			assert_string_equal(b.devices[1].name, "b & c");
	}
}

TEST(a_device_is_found_by_both_numbers)
{
	CLEANUP(bundle_done) struct bundle b = { 0 };
	struct why why = { 0 };

	EXPECT_OK(bundle_parse(span_str(HEAD EXE DEV TAIL), &b, &why));
	assert_string_equal(b.executable, "libx.so");
	assert_non_null(bundle_find(&b, 0x04e6, 0x3437));
	assert_string_equal(bundle_find(&b, 0x04e6, 0x3437)->name, "A reader");
	assert_null(bundle_find(&b, 0x04e6, 0x3438));
	assert_null(bundle_find(&b, 0x3437, 0x04e6));
}

#define DRIVERS "/usr/lib/pcsc/drivers/"

/* Each that Debian has, where that is installed. */
TEST(drivers_own_lists_are_read)
{
	static const struct {
		const char *dir, *executable;
		size_t n; /* at least */
		uint16_t vendor, product;
		const char *name;
	} rows[] = {
		{ DRIVERS "ifd-ccid.bundle", "libccid.so", 300, 0x08e6, 0x4433,
		    "Gemalto Gemplus USB SmartCard Reader 433-Swap" },
		{ DRIVERS "ifd-acsccid.bundle", "libacsccid.so", 40, 0x072f,
		    0x90cc, "ACS ACR38U-CCID" },
		{ DRIVERS "ifd-GemPC430.bundle", "libGemPC430.so.1.0.8", 3,
		    0x08e6, 0x0435, "GemPC435" },
		{ DRIVERS "ifd-ASEDriveIIIe-USB.bundle",
		    "libASEDriveIIIe-USB.so", 2, 0x0dc3, 0x1104,
		    "AseIIIeUSB KB" },
		{ DRIVERS "libifd-cyberjack.bundle", "libifd-cyberjack.so", 19,
		    0x0c4b, 0x0485, "REINER SCT cyberJack syonic" },
	};
	size_t seen = 0;

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(bundle_done) struct bundle b = { 0 };
		const struct bundle_device *d;
		struct why why = { 0 };

		if (access(rows[i].dir, F_OK) != 0)
			continue;
		seen++;
		EXPECT_OK(bundle_load(rows[i].dir, &b, &why));
		assert_string_equal(b.executable, rows[i].executable);
		assert_true(b.n >= rows[i].n);
		d = bundle_find(&b, rows[i].vendor, rows[i].product);
		assert_non_null(d);
		assert_string_equal(d->name, rows[i].name);
	}
	if (seen == 0)
		skip();
}

TEST(a_class_driver_drives_what_no_other_does)
{
	static const char *const texts[] = {
		HEAD K("CFBundleName") S("CCIDCLASSDRIVER")
		    EXE V(A(S("1") S("1"))) P(A(S("1") S("2")))
			F(A(S("a") S("b"))) TAIL,
		HEAD EXE V(S("1")) P(S("2")) F(S("c")) TAIL,
		HEAD EXE V(S("1")) P(S("2")) F(S("d")) TAIL,
	};
	static const struct {
		const char *why;
		uint16_t product;
		size_t want;
	} rows[] = {
		{ "the class driver alone", 1, 0 },
		{ "the first of the others", 2, 1 },
		{ "nobody", 3, 3 },
	};
	struct bundle b[nitems(texts)] = { 0 };

	for (size_t i = 0; i < nitems(texts); i++)
		EXPECT_OK(bundle_parse(span_str(texts[i]), &b[i], NULL));
	for (size_t i = 0; i < nitems(rows); i++) {
		size_t got = bundle_choose(b, nitems(b), 1, rows[i].product);

		if (got != rows[i].want)
			fail_msg("%s: %zu", rows[i].why, got);
	}
	for (size_t i = 0; i < nitems(b); i++)
		bundle_done(&b[i]);
}

/* As Debian's libccid has it: the property list is a link into /etc. */
TEST(a_bundle_may_have_its_list_elsewhere)
{
	static const char text[] = HEAD EXE DEV TAIL;
	char dir[] = "/tmp/scs-bundle.XXXXXX", path[128], real[128];
	CLEANUP(bundle_done) struct bundle b = { 0 };
	struct why why = { 0 };

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/Contents", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	EXPECT_ERR(ERR_ABSENT, bundle_load(dir, &b, &why), "no list");
	(void)snprintf(real, sizeof(real), "%s/libx_Info.plist", dir);
	EXPECT_OK(file_write(real, 0644, span_str(text)));
	(void)snprintf(path, sizeof(path), "%s/Contents/Info.plist", dir);
	assert_int_equal(symlink("../libx_Info.plist", path), 0);
	EXPECT_OK(bundle_load(dir, &b, &why));
	assert_int_equal(b.n, 1);
	EXPECT_OK(bundle_library(dir, &b, sizeof(real), real));
	assert_string_equal(real + strlen(dir), "/Contents/Linux/libx.so");
	bundle_done(&b);
	(void)snprintf(real, sizeof(real), "%s/libx_Info.plist", dir);
	assert_int_equal(chmod(real, 0666), 0);
	EXPECT_ERR(ERR_DENIED, bundle_load(dir, &b, &why), "anybody's list");
	(void)unlink(real);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/Contents", dir);
	assert_int_equal(rmdir(path) | rmdir(dir), 0);
}

static err_t
parse(void *text)
{
	CLEANUP(bundle_done) struct bundle b = { 0 };
	struct why why = { 0 };
	err_t e = bundle_parse(span_str(text), &b, &why);

	if (e == ERR_OK)
		assert_int_equal(b.n, 2);
	return e;
}

/* Above all: no device that is not known for want of memory. */
TEST(a_list_is_read_whole_or_not_at_all)
{
	char strict[] = HEAD EXE V(A(S("1") S("2"))) P(A(S("3") S("4")))
	    F(A(S("a") S("b"))) TAIL;
	char loose[] = HEAD EXE V(OPEN(S("1") S("2"))) P(OPEN(S("3") S("4")))
	    F(OPEN(S("a") S("b"))) TAIL;

	assert_true(fault_each(parse, strict) > 0);
	assert_true(fault_each(parse, loose) > 10);
}

TEST_MAIN("reader/config/bundle")
