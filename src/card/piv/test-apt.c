/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/apt.h"
#include "codec/hex.h"
#include "test.h"

static struct buf raw = { .max = 4096 };

static err_t
parse_hex(const char *hex, struct piv_apt *out)
{
	buf_reset(&raw);
	EXPECT_OK(hex_decode(span_str(hex), &raw));
	return piv_apt_parse(buf_span(&raw), out);
}

/* clang-format off */
TEST(apt_table)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "none, as older cards", "", ERR_OK },
		{ "short form", "61114f0600001000010079074f05a000000308", ERR_OK },
		{ "whole identifier", "610d4f0ba000000308000010000100", ERR_OK },
		{ "version left out", "61064f0400001000", ERR_OK },
		{ "another application", "61084f06d27600012401", ERR_FORMAT },
		{ "no identifier", "6103500150", ERR_FORMAT },
		{ "RID alone", "61074f05a000000308", ERR_FORMAT },
		{ "another template", "6f084f06000010000100", ERR_FORMAT },
		{ "length one short", "61074f06000010000100", ERR_FORMAT },
		{ "length one long", "61094f06000010000100", ERR_SHORT },
		{ "byte after it", "61084f0600001000010000", ERR_FORMAT },
	};
	struct piv_apt out;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, parse_hex(rows[i].hex, &out), rows[i].why);
	buf_done(&raw);
}
/* clang-format on */

TEST(apt_gives_the_label)
{
	struct piv_apt out;

	EXPECT_OK(parse_hex("610d4f06000010000100"
			    "5003504956",
	    &out));
	EXPECT_SPAN(out.label, "PIV");
	buf_done(&raw);
}

TEST_MAIN("card/piv/apt")
