/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/alg.h"
#include "card/piv/piv.h"
#include "card/script.h"

static struct secret *
secret(const char *text)
{
	struct secret *s;

	EXPECT_OK(secret_from(span_str(text), &s));
	return s;
}

TEST(a_password_is_never_sent_as_a_pin)
{
	static const char *const texts[] = { "12345", "123456789", "hunter22",
		"" };
	struct script s = { 0 };
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };

	for (size_t i = 0; i < nitems(texts); i++) {
		CLEANUP(secret_free) struct secret *pin = NULL;
		CLEANUP(secret_free) struct secret *good = secret("123456");
		unsigned int tries = 99;

		if (texts[i][0] != '\0')
			pin = secret(texts[i]);
		EXPECT_ERR(
		    ERR_PIN_FORM, piv_verify(&p, pin, &tries, NULL), texts[i]);
		EXPECT_ERR(ERR_PIN_FORM,
		    piv_change_pin(&p, good, pin, &tries, NULL), texts[i]);
		EXPECT_ERR(ERR_PIN_FORM,
		    piv_unblock(&p, good, pin, &tries, NULL), texts[i]);
		assert_int_equal(tries, 99);
	}
	script_end(&s, &c);
}

TEST(verify_pads_and_tells_the_tries)
{
	static const struct script_line lines[] = {
		{ "0020008008313233343536ffff", "9000" },
		{ "0020008008313233343536ffff", "63c2" },
		{ "0020008008313233343536ffff", "6983" },
	};
	struct script s = SCRIPT(lines);
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };
	CLEANUP(secret_free) struct secret *pin = secret("123456");
	unsigned int tries = 99;

	EXPECT_OK(piv_verify(&p, pin, &tries, NULL));
	assert_int_equal(tries, 99);
	EXPECT_ERR(ERR_PIN_WRONG, piv_verify(&p, pin, &tries, NULL), "wrong");
	assert_int_equal(tries, 2);
	EXPECT_ERR(
	    ERR_PIN_BLOCKED, piv_verify(&p, pin, &tries, NULL), "blocked");
	assert_int_equal(tries, 0);
	script_end(&s, &c);
}

TEST(asking_for_the_tries_presents_nothing)
{
	static const struct script_line lines[] = {
		{ "00200080", "63c3" },
		{ "00200080", "9000" },
		{ "00200080", "6983" },
		{ "00200080", "6a86" },
	};
	static const struct {
		err_t want;
		bool verified;
		unsigned int tries;
	} rows[] = {
		{ ERR_OK, false, 3 },
		{ ERR_OK, true, PIV_TRIES_UNKNOWN },
		{ ERR_OK, false, 0 },
		{ ERR_UNSUPPORTED, false, 99 },
	};
	struct script s = SCRIPT(lines);
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };

	for (size_t i = 0; i < nitems(rows); i++) {
		bool verified = false;
		unsigned int tries = 99;

		EXPECT_ERR(rows[i].want,
		    piv_pin_status(&p, &verified, &tries, NULL),
		    lines[i].answer);
		assert_int_equal(verified, rows[i].verified);
		assert_int_equal(tries, rows[i].tries);
	}
	script_end(&s, &c);
}

TEST(a_logout_that_is_not_9000_is_no_logout)
{
	static const struct script_line lines[] = {
		{ "0020ff80", "9000" },
		{ "0020ff80", "6a86" },
		{ "0020ff80", "63c3" },
	};
	struct script s = SCRIPT(lines);
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };

	EXPECT_OK(piv_logout(&p, NULL));
	EXPECT_ERR(ERR_UNSUPPORTED, piv_logout(&p, NULL), "6A86");
	EXPECT_ERR(ERR_UNSUPPORTED, piv_logout(&p, NULL), "63C3");
	script_end(&s, &c);
}

TEST(objects_are_asked_for_by_tags_of_one_and_three_bytes)
{
	static const struct script_line lines[] = {
		{ "00cb3fff035c017e00", "7e009000" },
		{ "00cb3fff055c035fc10200", "53009000" },
		{ "00cb3fff055c035fc10200", "6a82" },
	};
	struct script s = SCRIPT(lines);
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };
	CLEANUP(buf_done) struct buf out = BUF_INIT(64);

	EXPECT_OK(piv_get_data(&p, PIV_OBJ_DISCOVERY, &out, NULL));
	EXPECT_OK(piv_get_data(&p, PIV_OBJ_CHUID, &out, NULL));
	EXPECT_SPAN(buf_span(&out), "\x7e\x00\x53\x00");
	EXPECT_ERR(ERR_ABSENT, piv_get_data(&p, PIV_OBJ_CHUID, &out, NULL),
	    "not there");
	script_end(&s, &c);
}

TEST(what_is_not_as_long_as_the_key_is_not_sent)
{
	static const uint8_t block[257], point[66] = { 0x04 };
	struct script s = { 0 };
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };
	struct piv_key rsa = { 0x9d, PIV_ALG_RSA_2048 };
	struct piv_key ec = { 0x9d, PIV_ALG_P256 };
	CLEANUP(buf_done) struct buf out = BUF_INIT(1024);

	EXPECT_ERR(
	    ERR_FORMAT, piv_sign(&p, rsa, SPAN_OF(block), &out, NULL), "257");
	EXPECT_ERR(ERR_FORMAT,
	    piv_decipher(&p, rsa, span_from(block, 255), &out, NULL), "255");
	EXPECT_ERR(
	    ERR_FORMAT, piv_derive(&p, ec, SPAN_OF(point), &out, NULL), "66");
	EXPECT_ERR(ERR_FORMAT,
	    piv_derive(&p, ec, span_from(block, 65), &out, NULL), "not 04");
	EXPECT_ERR(
	    ERR_FORMAT, piv_sign(&p, ec, SPAN_NONE, &out, NULL), "no digest");
	EXPECT_ERR(ERR_UNSUPPORTED,
	    piv_derive(&p, rsa, SPAN_OF(point), &out, NULL), "RSA derive");
	EXPECT_ERR(ERR_UNSUPPORTED,
	    piv_decipher(&p, ec, SPAN_OF(block), &out, NULL), "EC decipher");
	script_end(&s, &c);
}

TEST(a_digest_is_cut_or_filled_to_the_curve)
{
	struct script_line line = { "0087119a26"
				    "7c2482008120"
				    "00000000000000000000000000000000"
				    "00000000000000000000000000010203"
				    "00",
		"7c0a820830060201010201029000" };
	struct script s = { &line, 1, 0 };
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };
	struct piv_key ec = { 0x9a, PIV_ALG_P256 };
	CLEANUP(buf_done) struct buf out = BUF_INIT(1024);

	EXPECT_OK(piv_sign(&p, ec, span_from("\x01\x02\x03", 3), &out, NULL));
	EXPECT_SPAN(buf_span(&out), "\x30\x06\x02\x01\x01\x02\x01\x02");
	script_end(&s, &c);
}

#define Z8 "0000000000000000"
#define Z32 Z8 Z8 Z8 Z8
#define Z256 Z32 Z32 Z32 Z32 Z32 Z32 Z32 Z32

/* What a card can say to a good command; `out` keeps what was in it. */
TEST(an_answer_that_does_not_fit_the_key_is_none)
{
	static const char derive[] = "0087119d47"
				     "7c458200854104" Z32 Z32 "00";
	static const char sign[] = "0087119d26"
				   "7c2482008120" Z32 "00";
	static const char rsa_sign[] = "0087079d00010a"
				       "7c820106820081820100" Z256 "0000";
	static const struct {
		const char *why, *cmd, *answer;
		err_t want;
	} rows[] = {
		{ "derive: short", derive, "7c0582030102039000", ERR_FORMAT },
		{ "derive: long", derive, "7c23822100" Z32 "9000", ERR_FORMAT },
		{ "derive: nothing", derive, "9000", ERR_FORMAT },
		{ "derive: refused", derive, "6982", ERR_PIN_NEEDED },
		{ "derive: good", derive, "7c228220" Z32 "9000", ERR_OK },
		{ "sign: no signature", sign, "7c0582030102039000",
		    ERR_FORMAT },
		{ "sign: too long a number", sign,
		    "7c2d822b3029022400" Z32 "000000020101"
		    "9000",
		    ERR_FORMAT },
		{ "RSA: short", rsa_sign, "7c0582030102039000", ERR_FORMAT },
		{ "RSA: good", rsa_sign, "7c82010482820100" Z256 "9000",
		    ERR_OK },
	};
	const struct piv_key ec = { 0x9d, PIV_ALG_P256 },
			     rsa = { 0x9d, PIV_ALG_RSA_2048 };
	uint8_t point[65] = { 4 }, block[256] = { 0 };

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf out = BUF_INIT(1024);
		struct script_line line = { rows[i].cmd, rows[i].answer };
		struct script s = { &line, 1, 0 };
		struct card *c = script_card(&s, true);
		struct piv p = { c, PIV_REF_PIN };
		err_t e;

		buf_put(&out, span_str("before"));
		e = rows[i].cmd == derive
		    ? piv_derive(&p, ec, SPAN_OF(point), &out, NULL)
		    : rows[i].cmd == sign
		    ? piv_sign(&p, ec, span_from(block, 32), &out, NULL)
		    : piv_decipher(&p, rsa, SPAN_OF(block), &out, NULL);
		EXPECT_ERR(rows[i].want, e, rows[i].why);
		assert_int_equal(out.n > 6, e == ERR_OK);
		script_end(&s, &c);
	}
}

TEST(a_key_of_no_kind_signs_nothing)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(1024);
	struct script s = { 0 };
	struct card *c = script_card(&s, false);
	struct piv p = { c, PIV_REF_PIN };

	EXPECT_ERR(ERR_UNSUPPORTED,
	    piv_sign(&p, (struct piv_key){ 0x9a, PIV_ALG_NONE },
		span_str("digest"), &out, NULL),
	    "none");
	script_end(&s, &c);
}

TEST_MAIN("card/piv/piv")
