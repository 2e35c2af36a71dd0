/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/caps.h"
#include "codec/hex.h"
#include "test.h"

TEST(extended_lengths_only_when_the_card_says_so)
{
	static const struct {
		const char *why, *hex;
		bool want;
	} rows[] = {
		{ "a YubiKey", "8073c021c057597562694b6579", true },
		{ "capabilities after another object", "803101c173000040",
		    false },
		{ "status at the end", "0073000040009000", true },
		{ "the bit not set", "8073000080", false },
		{ "one byte of capabilities", "807140", false },
		{ "two bytes of capabilities", "80720040", false },
		{ "cut off", "80730000", false },
		{ "inside the status", "00730000409000", false },
		{ "proprietary", "5573000040", false },
		{ "empty", "", false },
		{ "category alone", "80", false },
		{ "object before it", "8031c173000040", true },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &b));
		if (caps_extended(buf_span(&b)) != rows[i].want)
			fail_msg("%s", rows[i].why);
	}
}

TEST_MAIN("card/caps")
