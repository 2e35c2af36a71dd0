/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/tokens.h"

#include "fault.h"
#include "ipc/msg.h"
#include "ipc/token-proto.h"
#include "test.h"

/* What is put into a list; the defaults below make a good one. */
struct shape {
	const char *id, *label;
	size_t label_n, hash_n, cert_n, spki_n, atr_n;
	uint8_t pin_policy, pin_min, pin_max;
	uint16_t tokens, items, problems; /* counts as written */
	uint16_t tokens_real, items_real, problems_real;
	bool same_insertion, byte_more;
};

static const struct shape good = {
	.id = "com.apple.pivtoken:00112233445566778899AABBCCDDEEFF",
	.label = "Certificate For PIV Authentication (Jos\xc3\xa9)",
	.label_n = 42,
	.hash_n = 20,
	.cert_n = 300,
	.spki_n = 91,
	.atr_n = 5,
	.pin_policy = 1,
	.pin_min = 6,
	.pin_max = 8,
	.tokens = 2,
	.tokens_real = 2,
	.items = 2,
	.items_real = 2,
	.problems = 1,
	.problems_real = 1,
};

static void
put_filled(struct buf *b, size_t n, int fill)
{
	uint8_t *p;

	buf_put_u32(b, (uint32_t)n);
	if ((p = buf_grow(b, n)) != NULL)
		memset(p, fill, n);
}

static void
put_item(struct buf *b, const struct shape *s, uint8_t slot)
{
	buf_put_u8(b, slot);
	msg_put_bytes(b, span_from(s->label, s->label_n));
	msg_put_str(b, "Key For PIV Authentication");
	put_filled(b, s->hash_n, 0xab);
	buf_put_u8(b, 0x11);
	buf_put_u16(b, 256);
	buf_put_u8(b, ITEM_KEY | ITEM_SIGN);
	buf_put_u8(b, s->pin_policy);
	put_filled(b, s->cert_n, 0x30);
	put_filled(b, s->spki_n, 0x31);
}

static void
put_token(struct buf *b, const struct shape *s, uint64_t insertion)
{
	buf_put_u64(b, s->same_insertion ? 7 : insertion);
	msg_put_str(b, s->id);
	msg_put_str(b, "Reader 00");
	msg_put_str(b, "com.apple.CryptoTokenKit.pivtoken");
	put_filled(b, s->atr_n, 0x3b);
	buf_put_u8(b, TOKEN_LOGIN);
	buf_put_u8(b, s->pin_min);
	buf_put_u8(b, s->pin_max);
	buf_put_u16(b, s->items);
	for (uint16_t i = 0; i < s->items_real; i++)
		put_item(b, s, (uint8_t)(0x9a + i));
	buf_put_u16(b, s->problems);
	for (uint16_t i = 0; i < s->problems_real; i++)
		msg_put_str(b, "slot 9D is empty: the keyring stays locked");
}

static void
put_list(struct buf *b, const struct shape *s)
{
	buf_put_u16(b, s->tokens);
	for (uint16_t i = 0; i < s->tokens_real; i++)
		put_token(b, s, 100u + i);
	if (s->byte_more)
		buf_put_u8(b, 0);
}

static err_t
parse_shape(const struct shape *s, struct tokens *out)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MSG_BODY_MAX);

	put_list(&b, s);
	EXPECT_OK(buf_status(&b));
	return tokens_parse(buf_span(&b), out);
}

TEST(tokens_are_what_was_written)
{
	CLEANUP(tokens_done) struct tokens t = { 0 };
	const struct scs_item *it;

	EXPECT_OK(parse_shape(&good, &t));
	assert_int_equal(t.n, 2);
	assert_true(t.all[0].insertion == 100 && t.all[1].insertion == 101);
	assert_string_equal(t.all[1].id, good.id);
	assert_string_equal(t.all[1].reader, "Reader 00");
	assert_int_equal(t.all[1].atr_len, 5);
	assert_int_equal(t.all[1].atr[4], 0x3b);
	assert_true(t.all[1].login && !t.all[1].pinpad);
	assert_int_equal(t.all[1].pin_min, 6);
	assert_int_equal(t.all[1].problems_n, 1);
	assert_int_equal(t.all[1].items_n, 2);
	it = &t.all[1].items[1];
	assert_int_equal(it->slot, 0x9b);
	assert_string_equal(it->cert_label, good.label);
	assert_int_equal(it->pkhh[19], 0xab);
	assert_int_equal(it->bits, 256);
	assert_int_equal(it->cert_len, 300);
	assert_int_equal(it->cert[299], 0x30);
	assert_int_equal(it->spki[90], 0x31);
}

TEST(tokens_none_and_items_without_key)
{
	CLEANUP(tokens_done) struct tokens t = { 0 };
	struct shape s = good;

	s.tokens = s.tokens_real = 0;
	EXPECT_OK(parse_shape(&s, &t));
	assert_int_equal(t.n, 0);
	tokens_done(&t);
	s = good;
	s.hash_n = s.cert_n = s.spki_n = 0;
	EXPECT_OK(parse_shape(&s, &t));
	assert_int_equal(t.all[0].items[0].pkhh_len, 0);
	assert_null(t.all[0].items[0].cert);
}

#define ROW(why_, want_, field_, value_) \
	{                                \
		s = good;                \
		s.field_ = (value_);     \
		check(why_, want_, &s);  \
	}

static void
check(const char *why, err_t want, const struct shape *s)
{
	struct tokens t = { 0 };
	err_t e = parse_shape(s, &t);

	if (e != ERR_OK)
		assert_null(t.all);
	tokens_done(&t);
	EXPECT_ERR(want, e, why);
}

TEST(tokens_refuse_what_is_not_possible)
{
	char long_label[TOKEN_LABEL_MAX];
	struct shape s;

	memset(long_label, 'x', sizeof(long_label));
	ROW("a newline in a label", ERR_FORMAT, label,
	    "a\nb, and 42 bytes long, "
	    "as the others are!!");
	ROW("half a character", ERR_FORMAT, label_n, 40);
	ROW("no token id", ERR_FORMAT, id, "");
	ROW("an escape in a token id", ERR_FORMAT, id, "\x1b[2J");
	ROW("a hash of 19 bytes", ERR_FORMAT, hash_n, 19);
	ROW("a hash of 21 bytes", ERR_LIMIT, hash_n, 21);
	ROW("largest certificate", ERR_OK, cert_n, TOKEN_CERT_MAX);
	ROW("larger certificate", ERR_LIMIT, cert_n, TOKEN_CERT_MAX + 1);
	ROW("larger key", ERR_LIMIT, spki_n, TOKEN_SPKI_MAX + 1);
	ROW("longest ATR", ERR_OK, atr_n, TOKEN_ATR_MAX);
	ROW("longer ATR", ERR_LIMIT, atr_n, TOKEN_ATR_MAX + 1);
	ROW("unknown PIN policy", ERR_FORMAT, pin_policy, 3);
	ROW("PIN lengths upside down", ERR_FORMAT, pin_min, 9);
	ROW("a token too many", ERR_FORMAT, tokens, 1);
	ROW("a token too few", ERR_SHORT, tokens, 3);
	ROW("count over the cap", ERR_LIMIT, tokens, TOKENS_MAX + 1);
	ROW("largest count, nothing there", ERR_SHORT, tokens, TOKENS_MAX);
	ROW("items over the cap", ERR_LIMIT, items, TOKEN_ITEMS_MAX + 1);
	ROW("problems over the cap", ERR_LIMIT, problems, 17);
	ROW("two tokens, one insertion", ERR_FORMAT, same_insertion, true);
	ROW("a byte after it", ERR_FORMAT, byte_more, true);
	s = good;
	s.label = long_label;
	s.label_n = TOKEN_LABEL_MAX - 1;
	check("longest label", ERR_OK, &s);
	s.label_n = TOKEN_LABEL_MAX;
	check("longer label", ERR_LIMIT, &s);
}

TEST(tokens_refuse_every_cut)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MSG_BODY_MAX);
	struct tokens t = { 0 };

	put_list(&b, &good);
	for (size_t n = 0; n < b.n; n++) {
		EXPECT_ERR(ERR_SHORT, tokens_parse(span_from(b.p, n), &t),
		    "cut short");
		assert_null(t.all);
	}
}

static err_t
use(void *ctx)
{
	CLEANUP(tokens_done) struct tokens t = { 0 };
	struct buf *b = ctx;

	return tokens_parse(buf_span(b), &t);
}

TEST(tokens_survive_any_failed_allocation)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MSG_BODY_MAX);

	put_list(&b, &good);
	assert_true(fault_each(use, &b) >= 6);
}

TEST_MAIN("keychain/tokens")
