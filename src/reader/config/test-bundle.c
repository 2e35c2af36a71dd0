/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/config/bundle.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
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

/* As Debian's libccid has it, where that is installed. */
TEST(libccids_own_list_is_read)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(PL_SIZE_MAX);
	CLEANUP(bundle_done) struct bundle b = { 0 };
	struct why why = { 0 };

	if (file_read("/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/"
		      "Info.plist",
		&text) != ERR_OK)
		skip();
	EXPECT_OK(bundle_parse(buf_span(&text), &b, &why));
	assert_string_equal(b.executable, "libccid.so");
	assert_true(b.n > 300);
	/* QEMU's and VMware's emulated readers, and a YubiKey */
	assert_non_null(bundle_find(&b, 0x08e6, 0x4433));
	assert_non_null(bundle_find(&b, 0x1050, 0x0407));
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

TEST_MAIN("reader/config/bundle")
