/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/power.h"

#include "codec/hex.h"
#include "test.h"

TEST(the_protocol_follows_card_and_caller)
{
	static const struct {
		const char *why, *atr;
		uint32_t preferred, want;
	} rows[] = {
		{ "T=1 card, both wanted", "3b800181", 3, SCARD_PROTOCOL_T1 },
		{ "T=1 card, T=0 wanted", "3b800181", 1, 0 },
		{ "T=0 card, both wanted", "3b00", 3, SCARD_PROTOCOL_T0 },
		{ "T=0 card, T=1 wanted", "3b00", 2, 0 },
		{ "both, both wanted: T=1", "3b80800101", 3,
		    SCARD_PROTOCOL_T1 },
		{ "both, T=0 wanted", "3b80800101", 1, SCARD_PROTOCOL_T0 },
		{ "old \"any\"", "3b00", SCARD_PROTOCOL_ANY_OLD,
		    SCARD_PROTOCOL_T0 },
		{ "raw wins", "3b800181", 7, SCARD_PROTOCOL_RAW },
		{ "specific mode, T=0 alone", "3b901000", 3,
		    SCARD_PROTOCOL_T0 },
		{ "no TCK", "3b8001", 3, SCARD_PROTOCOL_T1 },
		{ "wrong TCK", "3b80018f", 3, SCARD_PROTOCOL_T1 },
		{ "a byte too many", "3b0000", 3, SCARD_PROTOCOL_T0 },
		{ "historical bytes missing", "3b0fab", 3, SCARD_PROTOCOL_T0 },
		{ "T=1 before T=0", "3b80810000", 3, SCARD_PROTOCOL_T1 },
		{ "TD1 missing", "3b80", 3, 0 },
		{ "not a card's", "ff80018f", 3, 0 },
		{ "no ATR", "", 3, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf atr = BUF_INIT(64);
		uint32_t got;

		EXPECT_OK(hex_decode(span_str(rows[i].atr), &atr));
		got = power_choose(buf_span(&atr), rows[i].preferred);
		if (got != rows[i].want)
			fail_msg("%s: %u", rows[i].why, got);
	}
}

TEST_MAIN("readerd/power")
