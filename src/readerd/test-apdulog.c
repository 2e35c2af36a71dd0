/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/apdulog.h"

#include "codec/hex.h"
#include "test.h"

static void
line_of(struct apdulog *l, bool command, const char *hex, char *line)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);

	EXPECT_OK(hex_decode(span_str(hex), &b));
	if (command)
		apdulog_command(l, buf_span(&b), line);
	else
		apdulog_answer(l, buf_span(&b), line);
}

/* One sequence of commands and answers in one log. */
TEST(secrets_are_masked_and_the_rest_is_shown)
{
	static const struct {
		const char *why;
		bool command;
		const char *hex, *want;
	} rows[] = {
		{ "SELECT", true, "00a4040005a000000308",
		    "APDU -> 00 a4 04 00 05 a0 00 00 03 08" },
		{ "its answer", false, "61029000", "APDU <- 61 02 90 00" },
		{ "VERIFY", true, "0020008008313233343536ffff",
		    "APDU -> 00 20 00 80 (9 more bytes)" },
		{ "VERIFY's answer", false, "63c2", "APDU <- 63 c2" },
		{ "GET DATA, a certificate", true, "00cb3fff055c035fc10500",
		    "APDU -> 00 cb 3f ff 05 5c 03 5f c1 05 00" },
		{ "first part", false, "53006103", "APDU <- 53 00 61 03" },
		{ "GET RESPONSE", true, "00c0000003",
		    "APDU -> 00 c0 00 00 03" },
		{ "rest", false, "0102039000", "APDU <- 01 02 03 90 00" },
		{ "GET DATA, fingerprints", true, "00cb3fff055c035fc10300",
		    "APDU -> 00 cb 3f ff (7 more bytes)" },
		{ "first part", false, "53006103",
		    "APDU <- (2 more bytes) 61 03" },
		{ "GET RESPONSE of it", true, "00c0000003",
		    "APDU -> 00 c0 00 00 (1 more bytes)" },
		{ "rest of it", false, "0102039000",
		    "APDU <- (3 more bytes) 90 00" },
		{ "chained decipher, first", true, "1087079d02aabb",
		    "APDU -> 10 87 07 9d (3 more bytes)" },
		{ "answer", false, "9000", "APDU <- 90 00" },
		{ "chain hidden behind SELECT", true, "00a4040002a000",
		    "APDU -> 00 a4 04 00 (3 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "SELECT once more", true, "00a4040000",
		    "APDU -> 00 a4 04 00 00" },
		{ "its answer", false, "6103", "APDU <- 61 03" },
		{ "a vendor's C0", true, "80c0000003",
		    "APDU -> 80 c0 00 00 (1 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "SELECT once more", true, "00a4040000",
		    "APDU -> 00 a4 04 00 00" },
		{ "its answer", false, "6103", "APDU <- 61 03" },
		{ "GET RESPONSE that brings something", true,
		    "00c0000002313200", "APDU -> 00 c0 00 00 (4 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "another channel, GET RESPONSE of nothing", true,
		    "01c0000003", "APDU -> 01 c0 00 00 (1 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "SELECT with secure messaging", true, "0ca4040002a000",
		    "APDU -> 0c a4 04 00 (3 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "lengths that lie", true, "00a40400ffa0",
		    "APDU -> 00 a4 04 00 (2 more bytes)" },
		{ "its answer", false, "ab9000",
		    "APDU <- (1 more bytes) 90 00" },
		{ "cut off", true, "00a4", "APDU -> 00 a4" },
		{ "answer cut off", false, "90", "APDU <- 90" },
	};
	struct apdulog l = { .on = true };
	char line[APDULOG_LINE_MAX];

	for (size_t i = 0; i < nitems(rows); i++) {
		line_of(&l, rows[i].command, rows[i].hex, line);
		if (strcmp(line, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].why, line);
	}
}

TEST(a_long_line_is_cut_visibly)
{
	struct apdulog l = { .on = true, .answer_open = true };
	char line[APDULOG_LINE_MAX];
	uint8_t many[2000] = { 0 };

	apdulog_answer(&l, SPAN_OF(many), line);
	assert_string_equal(line + strlen(line) - 7, " 00 ...");
}

TEST_MAIN("readerd/apdulog")
