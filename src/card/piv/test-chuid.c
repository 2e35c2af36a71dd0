/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/chuid.h"
#include "codec/hex.h"
#include "test.h"

static struct buf raw = { .max = 4096 };

static err_t
parse_hex(const char *hex, struct piv_chuid *out)
{
	buf_reset(&raw);
	EXPECT_OK(hex_decode(span_str(hex), &raw));
	return piv_chuid_parse(buf_span(&raw), out);
}

/* clang-format off */
TEST(chuid_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "all there", "533b301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff350832303330313233313e00fe00", ERR_OK },
		{ "any order", "533735083230333031323331341000112233445566778899aabbccddeeff301911111111111111111111111111111111111111111111111111", ERR_OK },
		{ "no GUID", "5329301911111111111111111111111111111111111111111111111111350832303330313233313e00fe00", ERR_OK },
		{ "no expiry", "5331301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff3e00fe00", ERR_OK },
		{ "empty object", "5300", ERR_OK },
		{ "GUID twice", "533f301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff341000112233445566778899aabbccddeeff", ERR_FORMAT },
		{ "FASC-N twice", "5336301911111111111111111111111111111111111111111111111111301911111111111111111111111111111111111111111111111111", ERR_FORMAT },
		{ "expiry twice", "53143508323033303132333135083230333031323331", ERR_FORMAT },
		{ "GUID one byte short", "5311340f000000000000000000000000000000", ERR_FORMAT },
		{ "GUID one byte long", "531334110000000000000000000000000000000000", ERR_FORMAT },
		{ "GUID of no bytes", "53023400", ERR_FORMAT },
		{ "FASC-N one byte short", "531a3018111111111111111111111111111111111111111111111111", ERR_FORMAT },
		{ "expiry one digit short", "5309350732303330313233", ERR_FORMAT },
		{ "expiry not digits", "530a35083230333031323378", ERR_FORMAT },
		{ "another tag", "542d301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff", ERR_FORMAT },
		{ "byte after it", "532d301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff00", ERR_FORMAT },
		{ "element over the end", "5304341000112233", ERR_FORMAT },
		{ "element over its container", "53023410", ERR_SHORT },
		{ "object cut off", "5337301911111111111111111111111111111111111111111111111111341000112233445566778899aabbccddeeff350832303330313233", ERR_SHORT },
		{ "indefinite length", "5380", ERR_FORMAT },
		{ "nothing", "", ERR_SHORT },
	};
	struct piv_chuid out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, parse_hex(rows[i].hex, &out), rows[i].why);
	buf_done(&raw);
}
/* clang-format on */

TEST(chuid_gives_guid_fascn_and_expiry)
{
	struct piv_chuid out;

	EXPECT_OK(parse_hex("531c3410000102030405060708090a0b0c0d0e0f"
			    "35083230333031323331",
	    &out));
	assert_int_equal(out.guid.n, PIV_GUID_LEN);
	assert_int_equal(out.guid.p[15], 0x0f);
	assert_int_equal(out.fascn.n, 0);
	assert_string_equal(out.expiry, "20301231");
	buf_done(&raw);
}

TEST(a_guid_of_zeros_is_no_guid)
{
	struct piv_chuid out;

	EXPECT_OK(parse_hex("5312341000000000000000000000000000000000", &out));
	assert_int_equal(out.guid.n, 0);
	buf_done(&raw);
}

TEST(a_card_is_good_until_the_end_of_its_last_day)
{
	static const struct {
		const char *expiry;
		int64_t now; /* date -u -d ... +%s */
		err_t want;
		bool expired;
	} rows[] = {
		{ "20240229", 1709251199, ERR_OK, false },
		{ "20240229", 1709251200, ERR_OK, true },
		{ "19700101", 86399, ERR_OK, false },
		{ "19700101", 86400, ERR_OK, true },
		{ "20301231", 1924991999, ERR_OK, false },
		{ "20301231", 1924992000, ERR_OK, true },
		{ "20000301", 951955199, ERR_OK, false },
		{ "20000301", 951955200, ERR_OK, true },
		{ "99991231", 4000000000, ERR_OK, false },
		{ "", 0, ERR_ABSENT, false },
		{ "00000101", 0, ERR_FORMAT, false },
		{ "20301301", 0, ERR_FORMAT, false },
		{ "20300001", 0, ERR_FORMAT, false },
		{ "20300100", 0, ERR_FORMAT, false },
		{ "20300132", 0, ERR_FORMAT, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct piv_chuid c = { 0 };
		bool expired = false;

		(void)snprintf(
		    c.expiry, sizeof(c.expiry), "%s", rows[i].expiry);
		EXPECT_ERR(rows[i].want,
		    piv_chuid_expired(&c, rows[i].now, &expired),
		    rows[i].expiry);
		assert_int_equal(expired, rows[i].expired);
	}
}

TEST_MAIN("card/piv/chuid")
