/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERAL AUTHENTICATE: what keys do, verified by OpenSSL, and when they may:
 * the PIN policy of each slot; the management key's two ways.
 */
#include <openssl/x509.h>
#include <stdlib.h>

#include "codec/tlv.h"
#include "vcard/testcard.h"

/* 7C { 82, tag value } to the key; the answer's 82 in `out`. */
static uint16_t
authenticate(struct vcard *c, uint8_t alg, uint8_t slot, uint32_t tag,
    struct span val, struct buf *out)
{
	CLEANUP(buf_done) struct buf cmd = BUF_INIT(APDU_MAX_COMMAND);
	CLEANUP(buf_done) struct buf data = BUF_INIT(APDU_MAX_COMMAND);
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);
	struct apdu a = { .ins = INS_AUTHENTICATE,
		.p1 = alg,
		.p2 = slot,
		.le = APDU_MAX_LE,
		.extended = true };
	struct span in, top, result;
	size_t mark = tlv_open(&data, 0x7c);
	uint16_t sw;

	tlv_put(&data, 0x82, SPAN_NONE);
	tlv_put(&data, tag, val);
	tlv_close(&data, mark);
	a.data = buf_span(&data);
	assert_int_equal(apdu_build(&a, &cmd), ERR_OK);
	assert_int_equal(vcard_transmit(c, buf_span(&cmd), &resp), ERR_OK);
	assert_int_equal(apdu_response(buf_span(&resp), &in, &sw), ERR_OK);
	buf_reset(out);
	if (sw == SW_OK) {
		assert_int_equal(tlv_want(&in, 0x7c, &top), ERR_OK);
		assert_int_equal(tlv_want(&top, 0x82, &result), ERR_OK);
		assert_int_equal(in.n + top.n, 0);
		buf_put(out, result);
	}
	return sw;
}

static struct vcard *
card_with(uint8_t slot, enum vcard_alg alg)
{
	static const struct vcard_profile p = { .flags = VCARD_EXTENDED };
	struct vcard *c = card_on(&p);

	assert_int_equal(vcard_generate(c, slot, alg), ERR_OK);
	return c;
}

static EVP_PKEY *
public_key(const struct vcard *c, uint8_t slot)
{
	CLEANUP(buf_done) struct buf der = BUF_INIT(4096);
	const unsigned char *p;
	EVP_PKEY *k;

	assert_int_equal(vcard_public_key(c, slot, &der), ERR_OK);
	p = der.p;
	k = d2i_PUBKEY(NULL, &p, (long)der.n);
	assert_non_null(k);
	return k;
}

static const uint8_t digest[48] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static void
ecdsa_round(enum vcard_alg alg, size_t n)
{
	CLEANUP(vcard_free) struct vcard *c = card_with(0x9a, alg);
	CLEANUP(buf_done) struct buf sig = BUF_INIT(4096);
	EVP_PKEY *k = public_key(c, 0x9a);
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(k, NULL);

	EXPECT_SW(SW_OK, c, PIN_OK, "PIN");
	assert_int_equal(authenticate(c, (uint8_t)alg, 0x9a, 0x81,
			     span_from(digest, n), &sig),
	    SW_OK);
	assert_int_equal(EVP_PKEY_verify_init(x), 1);
	assert_int_equal(EVP_PKEY_verify(x, sig.p, sig.n, digest, n), 1);
	sig.p[sig.n - 1] ^= 1;
	assert_int_not_equal(EVP_PKEY_verify(x, sig.p, sig.n, digest, n), 1);
	EVP_PKEY_CTX_free(x);
	EVP_PKEY_free(k);
}

TEST(ec_keys_sign_a_digest)
{
	ecdsa_round(VCARD_P256, 32);
	ecdsa_round(VCARD_P384, 48);
}

TEST(rsa_is_raw_and_needs_a_whole_block)
{
	CLEANUP(vcard_free) struct vcard *c = card_with(0x9a, VCARD_RSA2048);
	CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
	uint8_t block[256] = { 0, 1, 0xff, 0xff }, back[256];
	EVP_PKEY *k = public_key(c, 0x9a);
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(k, NULL);
	size_t n = sizeof(back);

	EXPECT_SW(SW_OK, c, PIN_OK, "PIN");
	assert_int_equal(
	    authenticate(c, VCARD_RSA2048, 0x9a, 0x81, SPAN_OF(block), &out),
	    SW_OK);
	assert_int_equal(out.n, 256);
	assert_int_equal(EVP_PKEY_encrypt_init(x), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(x, 3 /* none */), 1);
	assert_int_equal(EVP_PKEY_encrypt(x, back, &n, out.p, out.n), 1);
	assert_memory_equal(back, block, sizeof(block));
	EVP_PKEY_CTX_free(x);
	EVP_PKEY_free(k);

	assert_int_equal(authenticate(c, VCARD_RSA2048, 0x9a, 0x81,
			     span_from(block, 255), &out),
	    SW_DATA);
	memset(block, 0xff, sizeof(block)); /* above every modulus */
	assert_int_equal(
	    authenticate(c, VCARD_RSA2048, 0x9a, 0x81, SPAN_OF(block), &out),
	    SW_DATA);
	assert_int_equal(
	    authenticate(c, VCARD_RSA2048, 0x9a, 0x85, SPAN_OF(block), &out),
	    SW_DATA);
}

TEST(key_agreement_is_the_same_on_both_sides)
{
	CLEANUP(vcard_free) struct vcard *a = card_with(0x9d, VCARD_P256);
	CLEANUP(vcard_free) struct vcard *b = card_with(0x9d, VCARD_P256);
	CLEANUP(buf_done) struct buf za = BUF_INIT(64), spki = BUF_INIT(256);
	CLEANUP(buf_done) struct buf zb = BUF_INIT(64), point = BUF_INIT(97);

	EXPECT_SW(SW_OK, a, PIN_OK, "PIN");
	EXPECT_SW(SW_OK, b, PIN_OK, "PIN");
	/* the point is the end of the SubjectPublicKeyInfo */
	assert_int_equal(vcard_public_key(b, 0x9d, &spki), ERR_OK);
	buf_put(&point, span_from(spki.p + spki.n - 65, 65));
	assert_int_equal(
	    authenticate(a, VCARD_P256, 0x9d, 0x85, buf_span(&point), &za),
	    SW_OK);
	buf_reset(&spki);
	assert_int_equal(vcard_public_key(a, 0x9d, &spki), ERR_OK);
	assert_int_equal(authenticate(b, VCARD_P256, 0x9d, 0x85,
			     span_from(spki.p + spki.n - 65, 65), &zb),
	    SW_OK);
	assert_int_equal(za.n, 32);
	assert_true(span_eq(buf_span(&za), buf_span(&zb)));

	point.p[64] ^= 1; /* no longer on the curve */
	assert_int_equal(
	    authenticate(a, VCARD_P256, 0x9d, 0x85, buf_span(&point), &za),
	    SW_DATA);
	assert_int_equal(authenticate(a, VCARD_P256, 0x9d, 0x85,
			     span_first(buf_span(&point), 64), &za),
	    SW_DATA);
}

TEST(each_slot_has_its_pin_policy)
{
	static const char *const between = "00cb3fff035c017e00";
	static const struct {
		const char *why;
		uint8_t slot;
		bool pin, use_before, between;
		uint16_t sw;
	} rows[] = {
		{ "9A without PIN", 0x9a, false, false, false, SW_SECURITY },
		{ "9A after it", 0x9a, true, false, false, SW_OK },
		{ "9A again", 0x9a, true, true, false, SW_OK },
		{ "9A after another command", 0x9a, true, false, true, SW_OK },
		{ "9D without PIN", 0x9d, false, false, false, SW_SECURITY },
		{ "9D again", 0x9d, true, true, false, SW_OK },
		{ "82 without PIN", 0x82, false, false, false, SW_SECURITY },
		{ "82 again", 0x82, true, true, false, SW_OK },
		{ "9C without PIN", 0x9c, false, false, false, SW_SECURITY },
		{ "9C right after it", 0x9c, true, false, false, SW_OK },
		{ "9C again", 0x9c, true, true, false, SW_SECURITY },
		{ "9C after another command", 0x9c, true, false, true,
		    SW_SECURITY },
		{ "9E without PIN", 0x9e, false, false, false, SW_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free)
		struct vcard *c = card_with(rows[i].slot, VCARD_P256);
		CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
		struct span d = span_from(digest, 32);
		uint16_t sw;

		if (rows[i].pin)
			EXPECT_SW(SW_OK, c, PIN_OK, rows[i].why);
		if (rows[i].use_before)
			(void)authenticate(
			    c, VCARD_P256, rows[i].slot, 0x81, d, &out);
		if (rows[i].between)
			EXPECT_SW(SW_OK, c, between, rows[i].why);
		sw = authenticate(c, VCARD_P256, rows[i].slot, 0x81, d, &out);
		if (sw != rows[i].sw)
			fail_msg("%s: wanted %04x, got %04x", rows[i].why,
			    (unsigned int)rows[i].sw, (unsigned int)sw);
	}
}

TEST(the_pin_is_forgotten_when_it_should_be)
{
	static const struct {
		const char *why, *hex;
		unsigned int flags;
		uint16_t sw;
	} rows[] = {
		{ "PIV again", SELECT_PIV, 0, SW_OK },
		{ "foreign SELECT, plain card", "00a4040007a0000005272001", 0,
		    SW_OK },
		{ "foreign SELECT, status lost", "00a4040007a0000005272001",
		    VCARD_FOREIGN_CLEARS, SW_SECURITY },
		{ "foreign SELECT, application lost",
		    "00a4040007a0000005272001", VCARD_FOREIGN_DESELECTS,
		    SW_INS },
		{ "P1=FF", "0020ff80", 0, SW_SECURITY },
		{ "P1=FF refused", "0020ff80", VCARD_NO_CLEAR, SW_OK },
		{ "wrong PIN", PIN_BAD, 0, SW_SECURITY },
		{ "malformed PIN", "002000800131", 0, SW_OK },
		{ "a card that wants none", "0020ff80", VCARD_NO_PIN, SW_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free)
		struct vcard *c = card_with(0x9a, VCARD_P256);
		CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
		uint16_t sw;

		c->flags |= rows[i].flags;
		EXPECT_SW(SW_OK, c, PIN_OK, rows[i].why);
		(void)send_sw(c, rows[i].hex);
		sw = authenticate(
		    c, VCARD_P256, 0x9a, 0x81, span_from(digest, 32), &out);
		if (sw != rows[i].sw)
			fail_msg("%s: wanted %04x, got %04x", rows[i].why,
			    (unsigned int)rows[i].sw, (unsigned int)sw);
	}
}

TEST(a_key_is_named_by_its_algorithm_and_slot)
{
	CLEANUP(vcard_free) struct vcard *c = card_with(0x9e, VCARD_P256);
	CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
	struct span d = span_from(digest, 32);

	assert_int_equal(
	    authenticate(c, VCARD_P384, 0x9e, 0x81, d, &out), SW_P1P2);
	assert_int_equal(
	    authenticate(c, VCARD_P256, 0x9a, 0x81, d, &out), SW_P1P2);
	assert_int_equal(
	    authenticate(c, VCARD_P256, 0x9e, 0x83, d, &out), SW_DATA);
	assert_int_equal(authenticate(c, VCARD_P256, 0x9e, 0x81,
			     span_from(digest, 33), &out),
	    SW_DATA);
	assert_int_equal(
	    authenticate(c, VCARD_P256, 0x9e, 0x81, SPAN_NONE, &out), SW_DATA);
	EXPECT_SW(SW_DATA, c, "0087119e047c028100", "no 82");
	EXPECT_SW(SW_DATA, c, "0087119e037c0282", "82 cut");
	EXPECT_SW(SW_DATA, c, "0087119e00", "nothing");
}

/* The host's side of the management key, written apart from the card's. */
static void
host_encrypt(const char *cipher, const uint8_t *key, const uint8_t *in,
    size_t n, uint8_t *out)
{
	EVP_CIPHER *e = EVP_CIPHER_fetch(NULL, cipher, NULL);
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	int m = 0;

	assert_non_null(e);
	assert_int_equal(EVP_EncryptInit_ex2(x, e, key, NULL, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(x, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(x, out, &m, in, (int)n), 1);
	assert_int_equal(m, n);
	EVP_CIPHER_CTX_free(x);
	EVP_CIPHER_free(e);
}

static uint16_t
external(struct vcard *c, uint8_t alg, const char *cipher, size_t block,
    const uint8_t *key)
{
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);
	uint8_t cmd[64] = { 0, 0x87, alg, 0x9b, 4, 0x7c, 2, 0x81, 0 };
	uint8_t want[16];

	assert_int_equal(vcard_transmit(c, span_from(cmd, 9), &resp), ERR_OK);
	assert_int_equal(resp.n, block + 6);
	host_encrypt(cipher, key, resp.p + 4, block, want);
	cmd[4] = (uint8_t)(block + 4);
	cmd[6] = (uint8_t)(block + 2);
	cmd[7] = 0x82;
	cmd[8] = (uint8_t)block;
	memcpy(cmd + 9, want, block);
	assert_int_equal(
	    vcard_transmit(c, span_from(cmd, 9 + block), &resp), ERR_OK);
	return (uint16_t)(resp.p[0] << 8 | resp.p[1]);
}

TEST(external_authentication_opens_the_card_to_its_manager)
{
	static const struct {
		uint8_t alg;
		const char *cipher;
		size_t block;
	} rows[] = {
		{ VCARD_3DES, "DES-EDE3-ECB", 8 },
		{ VCARD_AES128, "AES-128-ECB", 16 },
		{ VCARD_AES192, "AES-192-ECB", 16 },
		{ VCARD_AES256, "AES-256-ECB", 16 },
	};
	uint8_t key[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1,
		2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };

	for (size_t i = 0; i < nitems(rows); i++) {
		struct vcard_profile p = { .mgm_alg = rows[i].alg };
		CLEANUP(vcard_free) struct vcard *c = card_on(&p);

		key[0] = 3;
		assert_int_equal(external(c, rows[i].alg, rows[i].cipher,
				     rows[i].block, key),
		    SW_SECURITY);
		EXPECT_SW(SW_SECURITY, c, "0047009a05ac0380011100", "wrong");
		key[0] = 1;
		assert_int_equal(external(c, rows[i].alg, rows[i].cipher,
				     rows[i].block, key),
		    SW_OK);
		EXPECT_SW(SW_OK, c, "0047009a05ac0380011100", "right");
		vcard_reset(c);
		EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
		EXPECT_SW(SW_SECURITY, c, "0047009a05ac0380011100", "reset");
	}
}

TEST(the_management_key_gives_nothing_away)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	/* a response without a challenge, a witness of our own */
	EXPECT_SW(SW_DATA, c, "0087039b0c7c0a82080000000000000000", "82");
	EXPECT_SW(SW_DATA, c,
	    "0087039b167c14800800000000000000008108000000000000000000",
	    "80 and 81 at once");
	/* internal authentication would be an oracle */
	EXPECT_SW(SW_DATA, c, "0087039b0e7c0c8108000000000000000082 00", "81");
	EXPECT_SW(SW_P1P2, c, "0087089b047c028100", "another algorithm");
	EXPECT_SW(SW_P1P2, c, "0087119b047c028100", "P-256");
	/* a challenge does not outlive another command */
	EXPECT_SW(SW_OK, c, "0087039b047c028100", "challenge");
	EXPECT_SW(SW_OK, c, "00cb3fff035c017e00", "between");
	EXPECT_SW(SW_DATA, c, "0087039b0c7c0a82080000000000000000", "late");
}

TEST_MAIN("vcard/keys")
