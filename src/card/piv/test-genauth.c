/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/genauth.h"
#include "codec/hex.h"
#include "test.h"

TEST(a_template_asks_for_its_answer)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);

	EXPECT_OK(piv_genauth_build(0x81, span_str("abc"), &out));
	EXPECT_SPAN(buf_span(&out),
	    "\x7c\x07\x82\x00\x81\x03"
	    "abc");
}

TEST(genauth_answers)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "good", "7c048202aabb", ERR_OK },
		{ "empty answer", "7c028200", ERR_OK },
		{ "another tag inside", "7c048102aabb", ERR_FORMAT },
		{ "another tag outside", "7d048202aabb", ERR_FORMAT },
		{ "byte after it", "7c048202aabb00", ERR_FORMAT },
		{ "byte inside after it", "7c068202aabb8100", ERR_FORMAT },
		{ "length one short", "7c038202aabb", ERR_SHORT },
		{ "length one long", "7c058202aabb", ERR_SHORT },
		{ "nothing", "", ERR_SHORT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);
		struct span val;

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &b));
		EXPECT_ERR(rows[i].want, piv_genauth_parse(buf_span(&b), &val),
		    rows[i].why);
	}
}

TEST(ecdsa_signatures_have_two_numbers_of_the_curves_size)
{
	static const struct {
		const char *why, *hex;
		size_t size;
		err_t want;
	} rows[] = {
		{ "good", "3006020101020102", 1, ERR_OK },
		{ "with a sign byte", "300702020080020102", 1, ERR_OK },
		{ "too long", "30080203000080020102", 1, ERR_FORMAT },
		{ "empty number", "30050200020102", 1, ERR_FORMAT },
		{ "one number", "3003020101", 1, ERR_SHORT },
		{ "three numbers", "3009020101020102020103", 1, ERR_FORMAT },
		{ "not a sequence", "3106020101020102", 1, ERR_FORMAT },
		{ "byte after it", "300602010102010200", 1, ERR_FORMAT },
		{ "nothing", "", 1, ERR_SHORT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(64);

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &b));
		EXPECT_ERR(rows[i].want,
		    piv_genauth_ecdsa(buf_span(&b), rows[i].size), rows[i].why);
	}
}

TEST_MAIN("card/piv/genauth")
