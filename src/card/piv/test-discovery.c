/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/discovery.h"
#include "codec/hex.h"
#include "test.h"

static struct buf raw = { .max = 4096 };

static err_t
parse_hex(const char *hex, struct piv_discovery *out)
{
	buf_reset(&raw);
	EXPECT_OK(hex_decode(span_str(hex), &raw));
	return piv_discovery_parse(buf_span(&raw), out);
}

/* clang-format off */
TEST(discovery_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "application PIN", "7e124f0ba0000003080000100001005f2f024000", ERR_OK },
		{ "version left out", "7e104f09a000000308000010005f2f024000", ERR_OK },
		{ "length one short", "7e114f0ba0000003080000100001005f2f024000", ERR_FORMAT },
		{ "length one long", "7e134f0ba0000003080000100001005f2f024000", ERR_SHORT },
		{ "byte after it", "7e124f0ba0000003080000100001005f2f02400000", ERR_FORMAT },
		{ "byte inside after it", "7e144f0ba0000003080000100001005f2f0240000000", ERR_FORMAT },
		{ "wrong order", "7e125f2f0240004f0ba000000308000010000100", ERR_FORMAT },
		{ "another application", "7e0d4f06d276000124015f2f024000", ERR_FORMAT },
		{ "policy of one byte", "7e114f0ba0000003080000100001005f2f0140", ERR_FORMAT },
		{ "policy of three bytes", "7e134f0ba0000003080000100001005f2f03400000", ERR_FORMAT },
		{ "no policy", "7e0d4f0ba000000308000010000100", ERR_SHORT },
	};
	struct piv_discovery out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, parse_hex(rows[i].hex, &out), rows[i].why);
	buf_done(&raw);
}
/* clang-format on */

TEST(the_global_pin_counts_only_where_the_card_has_and_prefers_it)
{
	static const struct {
		const char *hex;
		bool global, prefer;
	} rows[] = {
		{ "4000", false, false },
		{ "6010", true, false },
		{ "6020", true, true },
		{ "4020", false, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct piv_discovery out;
		char hex[64];

		(void)snprintf(hex, sizeof(hex),
		    "7e124f0ba0000003080000100001005f2f02%s", rows[i].hex);
		EXPECT_OK(parse_hex(hex, &out));
		assert_int_equal(out.global_pin, rows[i].global);
		assert_int_equal(out.prefer_global, rows[i].prefer);
		assert_true(out.app_pin);
	}
	buf_done(&raw);
}

TEST_MAIN("card/piv/discovery")
