/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/worker.h"

#include "codec/hex.h"
#include "test.h"

TEST(a_frame_is_taken_whole_or_not_at_all)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "empty", "", ERR_SHORT },
		{ "header one short", "0000000000400000 00000001 000000",
		    ERR_SHORT },
		{ "no body", "00000000 0040 0000 00000001 00000002", ERR_OK },
		{ "body", "00000002 0042 000f 00000001 00000000 9000", ERR_OK },
		{ "body one short", "00000002 0042 0000 00000001 00000000 90",
		    ERR_SHORT },
		{ "slot over the cap", "00000000 0040 0010 00000001 00000002",
		    ERR_LIMIT },
		{ "body over the cap", "0001000d 0042 0000 00000001 00000002",
		    ERR_LIMIT },
		{ "body at the cap", "0001000c 0042 0000 00000001 00000002",
		    ERR_SHORT },
		{ "huge body", "ffffffff 0042 0000 00000001 00000002",
		    ERR_LIMIT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf in = BUF_INIT(64);
		struct worker_frame f;
		size_t used;

		EXPECT_OK(hex_decode(span_str(rows[i].hex), &in));
		EXPECT_ERR(rows[i].want, worker_parse(buf_span(&in), &f, &used),
		    rows[i].why);
		if (rows[i].want == ERR_OK)
			assert_int_equal(used, in.n);
	}
}

TEST(build_is_the_mirror_of_parse)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);
	struct worker_frame in = { WORKER_TRANSMIT, 3, 77, 1, span_str("abc") };
	struct worker_frame out;
	size_t used;

	EXPECT_OK(worker_build(&in, &b));
	buf_put_u8(&b, 0xff);
	EXPECT_OK(worker_parse(buf_span(&b), &out, &used));
	assert_int_equal(used, WORKER_HEADER + 3);
	assert_int_equal(out.type, WORKER_TRANSMIT);
	assert_int_equal(out.slot, 3);
	assert_int_equal(out.id, 77);
	assert_int_equal(out.value, 1);
	EXPECT_SPAN(out.body, "abc");
	in.slot = WORKER_SLOTS;
	EXPECT_ERR(ERR_LIMIT, worker_build(&in, &b), "slot");
}

TEST_MAIN("reader/worker")
