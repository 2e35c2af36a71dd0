/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/history.h"
#include "codec/hex.h"
#include "test.h"

static struct buf raw = { .max = 4096 };

static err_t
parse_hex(const char *hex, struct piv_history *out)
{
	buf_reset(&raw);
	EXPECT_OK(hex_decode(span_str(hex), &raw));
	return piv_history_parse(buf_span(&raw), out);
}

/* clang-format off */
TEST(history_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "none", "5308c10100c20100fe00", ERR_OK },
		{ "twenty", "5306c10114c20100", ERR_OK },
		{ "twenty in two parts", "5306c1010cc20108", ERR_OK },
		{ "twenty-one", "5306c10115c20100", ERR_FORMAT },
		{ "twenty-one in two parts", "5306c1010cc20109", ERR_FORMAT },
		{ "255 and 1", "5306c101ffc20101", ERR_FORMAT },
		{ "with a URL", "531cc10101c20101f31266696c653a2f2f2f6574632f736861646f77fe00", ERR_OK },
		{ "no off-card count", "5303c10100", ERR_FORMAT },
		{ "no on-card count", "5303c20100", ERR_FORMAT },
		{ "count of two bytes", "5307c1020001c20100", ERR_FORMAT },
		{ "count of no bytes", "5305c100c20100", ERR_FORMAT },
		{ "empty", "5300", ERR_FORMAT },
		{ "URL cut off", "5309c10101c20101f30568", ERR_SHORT },
		{ "byte after it", "5306c10100c2010000", ERR_FORMAT },
	};
	struct piv_history out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, parse_hex(rows[i].hex, &out), rows[i].why);
	buf_done(&raw);
}
/* clang-format on */

TEST_MAIN("card/piv/history")
