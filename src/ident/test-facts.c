/* SPDX-License-Identifier: BSD-2-Clause */
/* What the certificate child says, and what a child that was taken over says. */
#include "ident/cert.h"

#include "test.h"

static void
put_good(struct buf *b)
{
	const struct cert_facts f = { .cn = "Jane Example",
		.spki = { 0x30 },
		.spki_n = 1,
		.eku = EKU_PRESENT,
		.key_usage = KEY_USAGE_ABSENT };

	buf_put_u16(b, ERR_OK);
	cert_facts_build(&f, b);
}

TEST(a_good_answer_is_the_facts)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(CERT_FACTS_MAX);
	struct cert_facts f;
	struct why why = { 0 };

	put_good(&b);
	EXPECT_OK(cert_answer_parse(buf_span(&b), &f, &why));
	assert_string_equal(f.cn, "Jane Example");
	buf_put_u8(&b, 0);
	EXPECT_ERR(ERR_FORMAT, cert_answer_parse(buf_span(&b), &f, &why),
	    "a byte after it");
	buf_trim(&b, b.n - 2);
	EXPECT_ERR(ERR_FORMAT, cert_answer_parse(buf_span(&b), &f, &why),
	    "a byte short");
}

TEST(a_reason_is_text_for_a_log)
{
	static const struct {
		const char *why;
		struct span says;
		err_t want;
		const char *reason;
	} rows[] = {
		{ "nothing", { NULL, 0 }, ERR_FORMAT,
		    "the child said nothing" },
		{ "half a number", { (const uint8_t *)"\0", 1 }, ERR_FORMAT,
		    "the child said nothing" },
		{ "a reason", { (const uint8_t *)"\0\4no", 4 }, ERR_FORMAT,
		    "no" },
		{ "a line of its own", { (const uint8_t *)"\0\4a\nb", 5 },
		    ERR_FORMAT, "the child said nonsense" },
		{ "bytes", { (const uint8_t *)"\0\4\xff", 3 }, ERR_FORMAT,
		    "the child said nonsense" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct cert_facts f;
		struct why why = { 0 };

		EXPECT_ERR(rows[i].want,
		    cert_answer_parse(rows[i].says, &f, &why), rows[i].why);
		assert_string_equal(why.text, rows[i].reason);
	}
}

TEST_MAIN("ident/facts")
