/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/secobj.h"
#include "codec/hex.h"
#include "test.h"

static struct buf raw = { .max = 4096 };

static struct span
bytes(const char *hex)
{
	buf_reset(&raw);
	EXPECT_OK(hex_decode(span_str(hex), &raw));
	return buf_span(&raw);
}

/* clang-format off */
TEST(security_object_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "signature over the end", "530bba06013000020101bb0230", ERR_SHORT },
		{ "two groups", "530dba06013000020101bb0130fe00", ERR_OK },
		{ "signature first", "530bbb0130ba06013000020101", ERR_OK },
		{ "empty", "5300", ERR_ABSENT },
		{ "no map", "5303bb0130", ERR_FORMAT },
		{ "no signature", "5305ba03013000", ERR_FORMAT },
		{ "an empty map", "5305ba00bb0130", ERR_FORMAT },
		{ "an empty signature", "5307ba03013000bb00", ERR_FORMAT },
		{ "half an entry", "5309ba0401300002bb0130", ERR_SHORT },
		{ "group 0", "5308ba03003000bb0130", ERR_FORMAT },
		{ "group 17", "5308ba03113000bb0130", ERR_FORMAT },
		{ "group 16", "5308ba03103000bb0130", ERR_OK },
		{ "a group twice", "530bba06013000010101bb0130", ERR_FORMAT },
		{ "two maps", "530dba03013000ba03023000bb0130", ERR_FORMAT },
		{ "two signatures", "530bba03013000bb0130bb0130", ERR_FORMAT },
		{ "another tag", "5408ba03013000bb0130", ERR_FORMAT },
		{ "byte after it", "5308ba03013000bb013000", ERR_FORMAT },
		{ "cut off", "5308ba03013000bb01", ERR_SHORT },
		{ "nothing", "", ERR_SHORT },
	};
	struct piv_secobj out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(rows[i].want,
		    piv_secobj_parse(bytes(rows[i].hex), &out), rows[i].why);
	buf_done(&raw);
}

#define D20 "0001020304050607080910111213141516171819"
#define SHA1 "300706052b0e03021a"
#define SHA256 "300d06096086480165030402010500"

TEST(lds_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "digest over its group", "3029020100" SHA1 "301b3019"
		  "020101" "0415" D20, ERR_SHORT },
		{ "one group", "3029020100" SHA1 "301b3019"
		  "020101" "0414" D20, ERR_OK },
		{ "no group", "300e020100" SHA1 "3000", ERR_OK },
		{ "version information after it", "3010020100" SHA1 "30003000", ERR_OK },
		{ "digest of another hash's length", "302f020100" SHA256
		  "301b3019" "020101" "0414" D20, ERR_FORMAT },
		{ "group 0", "3029020100" SHA1 "301b3019"
		  "020100" "0414" D20, ERR_FORMAT },
		{ "group 17", "3029020100" SHA1 "301b3019"
		  "020111" "0414" D20, ERR_FORMAT },
		{ "number of two bytes", "302a020100" SHA1 "301c301a"
		  "02020001" "0414" D20, ERR_FORMAT },
		{ "byte in a group after it", "302a020100" SHA1 "301c301a"
		  "020101" "0414" D20 "00", ERR_FORMAT },
		{ "a hash that we do not know", "300e020100"
		  "300706052b0e03021b" "3000", ERR_UNSUPPORTED },
		{ "no algorithm", "3007020100" "30003000", ERR_SHORT },
		{ "no groups", "300c020100" SHA1, ERR_SHORT },
		{ "byte after it", "300e020100" SHA1 "300000", ERR_FORMAT },
		{ "another tag", "310e020100" SHA1 "3000", ERR_FORMAT },
		{ "nothing", "", ERR_SHORT },
	};
	struct piv_lds out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(rows[i].want,
		    piv_lds_parse(bytes(rows[i].hex), &out), rows[i].why);
	buf_done(&raw);
}
/* clang-format on */

TEST(an_lds_has_no_more_than_sixteen_groups)
{
	CLEANUP(buf_done) struct buf hex = BUF_INIT(4096);
	struct piv_lds out = { 0 };

	for (int n = 16; n <= 17; n++) {
		char head[64];

		buf_reset(&hex);
		(void)snprintf(head, sizeof(head),
		    "3082%04x020100" SHA1 "3082%04x", 16 + 27 * n, 27 * n);
		buf_put(&hex, span_str(head));
		for (int i = 0; i < n; i++)
			buf_put(&hex, span_str("30190201010414" D20));
		buf_put_u8(&hex, 0);
		EXPECT_ERR(n == 16 ? ERR_OK : ERR_LIMIT,
		    piv_lds_parse(bytes((const char *)hex.p), &out), head);
	}
	assert_int_equal(out.n, 16);
	buf_done(&raw);
}

TEST(the_map_names_the_containers)
{
	struct piv_secobj s;

	EXPECT_OK(piv_secobj_parse(bytes("530bba06013000020101bb0130"), &s));
	assert_int_equal(piv_secobj_container(&s, 1), 0x3000);
	assert_int_equal(piv_secobj_container(&s, 2), 0x0101);
	assert_int_equal(piv_secobj_container(&s, 3), 0);
	buf_done(&raw);
}

TEST(containers_are_those_of_table_3)
{
	assert_int_equal(piv_container(0x5fc102), 0x3000);
	assert_int_equal(piv_container(0x7e), 0x6050);
	assert_int_equal(piv_container(0x5fc10d), 0x1001);
	assert_int_equal(piv_container(0x5fc120), 0x1014);
	assert_int_equal(piv_container(0x5fc121), 0);
	assert_int_equal(piv_container(0x5fc106), 0); /* not itself */
}

TEST(the_hash_is_over_what_the_outer_tag_holds)
{
	struct span out;

	EXPECT_OK(piv_container_data(bytes("53023400"), &out));
	EXPECT_SPAN(out, "\x34\x00");
	EXPECT_OK(piv_container_data(bytes("7e024f00"), &out));
	EXPECT_SPAN(out, "\x4f\x00");
	EXPECT_ERR(ERR_FORMAT, piv_container_data(bytes("5402340000"), &out),
	    "byte after it");
	EXPECT_ERR(ERR_FORMAT, piv_container_data(bytes("54023400"), &out),
	    "another tag");
	buf_done(&raw);
}

TEST_MAIN("card/piv/secobj")
