/* SPDX-License-Identifier: BSD-2-Clause */
/* Security Objects as a virtual card's authority signs them. */
#include "token/sealed.h"

#include <stdio.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "codec/hex.h"
#include "codec/tlv.h"
#include "test.h"
#include "vcard/authority.h"

static const uint32_t covered[] = { 0x7e, 0x5fc101, 0x5fc102, 0x5fc105,
	0x5fc10d };

/* The object as GET DATA gives it. */
static void
whole(struct vcard *c, uint32_t tag, struct buf *out)
{
	struct span value;

	EXPECT_OK(vcard_get_object(c, tag, &value));
	buf_reset(out);
	tlv_put(out, tag == 0x7e ? 0x7e : 0x53, value);
	EXPECT_OK(buf_status(out));
}

/* 9A, 9E and one retired key, sealed. */
static struct vcard *
sealed_card(void)
{
	static const struct vcard_person person = { .subject = "CN=Seal" };
	static const uint8_t slots[] = { 0x9a, 0x9e, 0x82 };
	CLEANUP(vcard_authority_free) struct vcard_authority *a = NULL;
	struct vcard *c = NULL;

	EXPECT_OK(vcard_authority_new(VCARD_P256, "Authority", &a));
	EXPECT_OK(vcard_new(NULL, &c));
	for (size_t i = 0; i < nitems(slots); i++) {
		EXPECT_OK(vcard_generate(c, slots[i], VCARD_P256));
		EXPECT_OK(vcard_issue(c, a, slots[i], &person, NULL));
	}
	EXPECT_OK(vcard_seal(c, a, NULL));
	return c;
}

TEST(a_card_as_it_was_issued_differs_in_nothing)
{
	CLEANUP(vcard_free) struct vcard *c = sealed_card();
	CLEANUP(buf_done) struct buf obj = BUF_INIT(32768);
	struct sealed s = { 0 };

	whole(c, 0x5fc106, &obj);
	EXPECT_OK(sealed_parse(buf_span(&obj), &s));
	assert_int_equal(s.hash, PIV_HASH_SHA256);
	assert_int_equal(s.n, 7); /* the five, CCC and Key History */
	for (size_t i = 0; i < nitems(covered); i++) {
		whole(c, covered[i], &obj);
		assert_false(sealed_differs(&s, covered[i], buf_span(&obj)));
	}
}

TEST(any_changed_byte_differs)
{
	CLEANUP(vcard_free) struct vcard *c = sealed_card();
	CLEANUP(buf_done) struct buf obj = BUF_INIT(32768);
	struct sealed s = { 0 };

	whole(c, 0x5fc106, &obj);
	EXPECT_OK(sealed_parse(buf_span(&obj), &s));
	for (size_t i = 0; i < nitems(covered); i++) {
		whole(c, covered[i], &obj);
		obj.p[obj.n - 1] ^= 1;
		assert_true(sealed_differs(&s, covered[i], buf_span(&obj)));
		obj.p[obj.n - 1] ^= 1;
		/* 9C and Printed Information are not covered */
		assert_false(sealed_differs(&s, 0x5fc10a, buf_span(&obj)));
		assert_false(sealed_differs(&s, 0x5fc109, buf_span(&obj)));
		buf_put_u8(&obj, 0);
		assert_true(sealed_differs(&s, covered[i], buf_span(&obj)));
	}
	assert_true(sealed_differs(&s, 0x5fc102, SPAN_NONE));
}

TEST(nothing_differs_from_no_security_object)
{
	const struct sealed none = { 0 };

	assert_false(sealed_differs(&none, 0x5fc102, span_str("x")));
}

/* Cut at every byte, and a few that are something else. */
TEST(a_malformed_security_object_is_refused)
{
	static const struct {
		const char *why, *hex;
		err_t want;
	} rows[] = {
		{ "empty", "5300", ERR_ABSENT },
		{ "no CMS", "5309ba03013000bb023000", ERR_FORMAT },
		{ "other content than signed data",
		    "5316ba03013000bb0f300d06092a864886f70d010701a000",
		    ERR_FORMAT },
	};
	CLEANUP(vcard_free) struct vcard *c = sealed_card();
	CLEANUP(buf_done) struct buf obj = BUF_INIT(32768);
	struct sealed s = { 0 };

	whole(c, 0x5fc106, &obj);
	for (size_t n = 0; n < obj.n; n++) {
		err_t e = sealed_parse(span_first(buf_span(&obj), n), &s);

		assert_true(e == ERR_SHORT || e == ERR_FORMAT);
	}
	for (size_t i = 0; i < nitems(rows); i++) {
		buf_reset(&obj);
		EXPECT_OK(hex_decode(span_str(rows[i].hex), &obj));
		EXPECT_ERR(rows[i].want, sealed_parse(buf_span(&obj), &s),
		    rows[i].why);
	}
	assert_int_equal(s.n, 0);
	assert_int_equal(ERR_peek_error(), 0);
}

TEST_MAIN("token/sealed")
