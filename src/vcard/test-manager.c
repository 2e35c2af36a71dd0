/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The management key by mutual authentication (SP 800-73-4 Part 2, appendix
 * A.1): the host decrypts the card's witness, the card encrypts the host's
 * challenge. Each row is one way to answer the witness; what a witness opens,
 * it opens once.
 */
#include "vcard/testcard.h"

#define MAX_BLOCK 16

struct cipher {
	uint8_t alg;
	const char *name;
	size_t block;
};

static const struct cipher ciphers[] = {
	{ VCARD_3DES, "DES-EDE3-ECB", 8 },
	{ VCARD_AES128, "AES-128-ECB", 16 },
	{ VCARD_AES192, "AES-192-ECB", 16 },
	{ VCARD_AES256, "AES-256-ECB", 16 },
};

static const uint8_t key[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
	1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t challenge[MAX_BLOCK] = { 0xc0, 0xc1, 0xc2, 0xc3, 0xc4,
	0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf };

/* One block with the host's key, written apart from the card's. */
static void
crypt(const struct cipher *x, bool encrypts, const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER *e = EVP_CIPHER_fetch(NULL, x->name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_non_null(e);
	assert_int_equal(
	    EVP_CipherInit_ex2(ctx, e, key, NULL, encrypts, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, (int)x->block), 1);
	assert_int_equal(n, x->block);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(e);
}

/* 7C { 80 empty } to the witness, decrypted. */
static void
ask_witness(struct vcard *c, const struct cipher *x, uint8_t *plain)
{
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	char hex[32];

	(void)snprintf(hex, sizeof(hex), "0087%02x9b047c028000", x->alg);
	assert_int_equal(send_hex(c, hex, &r), SW_OK);
	assert_int_equal(r.n, x->block + 4);
	assert_int_equal(r.p[0], 0x7c);
	assert_int_equal(r.p[2], 0x80);
	crypt(x, false, r.p + 4, plain);
}

/* 7C { 80 witness, 81 challenge, 82 empty }; `n` bytes of challenge. */
static uint16_t
answer(struct vcard *c, const struct cipher *x, const uint8_t *witness,
    size_t n, struct buf *r)
{
	uint8_t cmd[64] = { 0, 0x87, x->alg, 0x9b };
	uint8_t *p = cmd + 5;

	*p++ = 0x7c;
	*p++ = (uint8_t)(x->block + n + 6);
	*p++ = 0x80;
	*p++ = (uint8_t)x->block;
	memcpy(p, witness, x->block);
	p += x->block;
	*p++ = 0x81;
	*p++ = (uint8_t)n;
	memcpy(p, challenge, n);
	p += n;
	*p++ = 0x82;
	*p++ = 0;
	cmd[4] = (uint8_t)(p - cmd - 5);
	EXPECT_OK(vcard_transmit(c, span_from(cmd, (size_t)(p - cmd)), r));
	return (uint16_t)(r->p[r->n - 2] << 8 | r->p[r->n - 1]);
}

static bool
is_manager(struct vcard *c)
{
	return send_sw(c, "00db3fff095c035fc10553023130") == SW_OK;
}

static struct vcard *
card_for(const struct cipher *x)
{
	const struct vcard_profile p = { .mgm_alg = x->alg };

	return card_on(&p);
}

TEST(both_sides_prove_that_they_have_the_key)
{
	for (size_t i = 0; i < nitems(ciphers); i++) {
		const struct cipher *x = &ciphers[i];
		CLEANUP(vcard_free) struct vcard *c = card_for(x);
		CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
		uint8_t witness[MAX_BLOCK], want[MAX_BLOCK];

		assert_false(is_manager(c));
		ask_witness(c, x, witness);
		assert_int_equal(answer(c, x, witness, x->block, &r), SW_OK);
		assert_int_equal(r.n, x->block + 6);
		crypt(x, true, challenge, want);
		assert_memory_equal(r.p + 4, want, x->block);
		assert_true(is_manager(c));
	}
}

TEST(a_witness_is_another_one_each_time)
{
	CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[1]);
	uint8_t a[MAX_BLOCK], b[MAX_BLOCK];

	ask_witness(c, &ciphers[1], a);
	ask_witness(c, &ciphers[1], b);
	assert_memory_not_equal(a, b, sizeof(a));
}

TEST(an_answered_witness_is_not_taken_again)
{
	CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	uint8_t witness[MAX_BLOCK];

	ask_witness(c, &ciphers[0], witness);
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_OK);
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_DATA);
	assert_int_equal(r.n, 2); /* no oracle */
	assert_false(is_manager(c)); /* a failed attempt ends what was */
}

TEST(a_wrong_answer_uses_the_witness_up)
{
	CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	uint8_t witness[MAX_BLOCK];

	ask_witness(c, &ciphers[0], witness);
	witness[7] ^= 1;
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_SECURITY);
	assert_int_equal(r.n, 2);
	witness[7] ^= 1;
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_DATA);
	assert_false(is_manager(c));
}

TEST(a_witness_ends_with_what_comes_between)
{
	static const struct {
		const char *why, *hex;
	} rows[] = {
		{ "another command", "00cb3fff035c017e00" },
		{ "an unknown one", "0012000000" },
		{ "SELECT", SELECT_PIV },
		{ "another class", "80cb3fff0100" },
		{ "no command", "00cb" },
		{ "GET RESPONSE", "00c0000000" },
		{ "a challenge", "0087039b047c028100" },
		{ "a malformed template", "0087039b037c0280" },
		{ "the wrong algorithm", "0087089b047c028100" },
		{ "a key's use", "0087119e047c028200" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);
		CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
		uint8_t witness[MAX_BLOCK];
		unsigned int sw;

		ask_witness(c, &ciphers[0], witness);
		(void)send_sw(c, rows[i].hex);
		sw = answer(c, &ciphers[0], witness, 8, &r);
		if (sw != SW_DATA)
			fail_msg("%s: got %04x", rows[i].why, sw);
		assert_false(is_manager(c));
	}
}

TEST(a_reset_ends_a_witness_and_what_it_opened)
{
	CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	uint8_t witness[MAX_BLOCK];

	ask_witness(c, &ciphers[0], witness);
	vcard_reset(c);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_DATA);
	ask_witness(c, &ciphers[0], witness);
	assert_int_equal(answer(c, &ciphers[0], witness, 8, &r), SW_OK);
	assert_true(is_manager(c));
	vcard_reset(c);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	assert_false(is_manager(c));
}

TEST(a_challenge_of_another_length_is_refused)
{
	static const size_t lengths[] = { 0, 1, 7, 9, 16 };

	for (size_t i = 0; i < nitems(lengths); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);
		CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
		uint8_t witness[MAX_BLOCK];

		ask_witness(c, &ciphers[0], witness);
		assert_int_equal(
		    answer(c, &ciphers[0], witness, lengths[i], &r), SW_DATA);
		assert_false(is_manager(c));
	}
}

TEST(malformed_templates_open_nothing)
{
	static const struct {
		const char *why, *hex;
	} rows[] = {
		{ "7C empty", "0087039b027c00" },
		{ "no 7C", "0087039b00" },
		{ "7C cut", "0087039b037c0280" },
		{ "80 twice", "0087039b067c0480008000" },
		{ "80 and 81 empty", "0087039b067c0480008100" },
		{ "81 and an answer", "0087039b077c058100820131" },
		{ "80 and an answer", "0087039b077c058000820131" },
		{ "unknown item", "0087039b067c0480008300" },
		{ "byte after it", "0087039b057c02800000" },
		{ "witness of no bytes with a challenge",
		    "0087039b0e7c0c800081080000000000000000" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_for(&ciphers[0]);

		EXPECT_SW(SW_DATA, c, rows[i].hex, rows[i].why);
		assert_false(is_manager(c));
	}
}

TEST_MAIN("vcard/manager")
