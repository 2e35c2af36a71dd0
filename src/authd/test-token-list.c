/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of tokens as the service might send them: every cut, every cap. */
#include "authd/cards.h"
#include "authd/token.h"
#include "test.h"

static void
put_item(struct buf *b, uint8_t slot, size_t hash_n, size_t cert_n)
{
	static const uint8_t zeros[TOKEN_CERT_MAX + 1];

	buf_put_u8(b, slot);
	msg_put_str(b, "Certificate");
	msg_put_str(b, "Key");
	msg_put_bytes(b, span_from(zeros, hash_n));
	buf_put_u8(b, 0x11);
	buf_put_u16(b, 256);
	buf_put_u8(b, ITEM_KEY | ITEM_LOGIN);
	buf_put_u8(b, PIN_POLICY_ONCE);
	msg_put_bytes(b, span_from(zeros, cert_n));
	msg_put_bytes(b, span_from(zeros, 91));
}

static void
put_token(struct buf *b, const char *id, uint16_t items)
{
	buf_put_u64(b, 7);
	msg_put_str(b, id);
	msg_put_str(b, "reader");
	msg_put_str(b, "driver");
	msg_put_bytes(b, SPAN_NONE);
	buf_put_u8(b, TOKEN_LOGIN);
	buf_put_u8(b, 6);
	buf_put_u8(b, 8);
	buf_put_u16(b, items);
}

static err_t
parse(const struct buf *b)
{
	CLEANUP(token_list_done) struct token_list l = { 0 };

	return token_list_parse(buf_span(b), &l);
}

TEST(a_whole_list_is_taken_and_every_cut_refused)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MSG_BODY_MAX);
	CLEANUP(token_list_done) struct token_list l = { 0 };

	buf_put_u16(&b, 1);
	put_token(&b, "id", 2);
	put_item(&b, 0x9a, 20, 300);
	put_item(&b, 0x9e, 0, 0);
	buf_put_u16(&b, 1);
	msg_put_str(&b, "no 9C");
	EXPECT_OK(token_list_parse(buf_span(&b), &l));
	assert_int_equal(l.n, 1);
	assert_int_equal(l.tokens[0].items_n, 2);
	assert_int_equal(token_slot(&l.tokens[0], 0x9a)->cert.n, 300);
	assert_null(token_slot(&l.tokens[0], 0x9c));
	for (size_t n = 0; n < b.n; n++) {
		CLEANUP(token_list_done) struct token_list cut = { 0 };

		assert_int_not_equal(
		    token_list_parse(span_first(buf_span(&b), n), &cut),
		    ERR_OK);
	}
	buf_put_u8(&b, 0);
	EXPECT_ERR(ERR_FORMAT, parse(&b), "a byte after it");
}

TEST(caps_are_kept)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4 * MSG_BODY_MAX);

	buf_put_u16(&b, TOKENS_MAX + 1);
	EXPECT_ERR(ERR_LIMIT, parse(&b), "too many tokens");
	buf_reset(&b);
	buf_put_u16(&b, 1);
	put_token(&b, "id", TOKEN_ITEMS_MAX + 1);
	EXPECT_ERR(ERR_LIMIT, parse(&b), "too many items");
	buf_reset(&b);
	buf_put_u16(&b, 1);
	put_token(&b, "id", 1);
	put_item(&b, 0x9a, 20, TOKEN_CERT_MAX + 1);
	EXPECT_ERR(ERR_LIMIT, parse(&b), "a certificate too long");
	buf_reset(&b);
	buf_put_u16(&b, 1);
	put_token(&b, "id", 1);
	put_item(&b, 0x9a, 19, 10);
	EXPECT_ERR(ERR_FORMAT, parse(&b), "a hash of 19 bytes");
	buf_reset(&b);
	buf_put_u16(&b, 1);
	put_token(&b, "id\x1b[2J", 0);
	EXPECT_ERR(ERR_FORMAT, parse(&b), "control characters in an id");
}

TEST(only_what_can_be_a_pin_has_the_form_of_one)
{
	static const struct {
		const char *driver, *pin;
		uint8_t min, max;
		err_t want;
	} rows[] = {
		{ "com.apple.CryptoTokenKit.pivtoken", "123456", 6, 8, ERR_OK },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345678", 6, 8,
		    ERR_OK },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345", 6, 8,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "123456789", 6, 8,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345x", 6, 8,
		    ERR_PIN_FORM },
		/* what a worker says cannot widen the standard's bounds */
		{ "com.apple.CryptoTokenKit.pivtoken", "1234", 1, 255,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "1234567890", 1, 255,
		    ERR_PIN_FORM },
		{ "org.example.token", "secret word", 4, 32, ERR_OK },
		{ "org.example.token", "abc", 4, 32, ERR_PIN_FORM },
		{ "org.example.token", "a", 0, 0, ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(secret_free) struct secret *pin = NULL;
		struct token t = { .pin_min = rows[i].min,
			.pin_max = rows[i].max };
		struct why why = { 0 };

		(void)snprintf(
		    t.driver, sizeof(t.driver), "%s", rows[i].driver);
		EXPECT_OK(secret_from(span_str(rows[i].pin), &pin));
		EXPECT_ERR(
		    rows[i].want, card_pin_form(&t, pin, &why), rows[i].pin);
	}
}

TEST_MAIN("authd/token-list")
