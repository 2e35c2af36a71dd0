/* SPDX-License-Identifier: BSD-2-Clause */
#include "ident/spki.h"

#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "test.h"

static void
to_spki(EVP_PKEY *k, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	assert_true(n > 0);
	buf_put(out, span_from(der, (size_t)n));
	OPENSSL_free(der);
}

TEST(the_hash_is_of_the_bit_strings_contents)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
	uint8_t want[SHA_DIGEST_LENGTH], got[SPKI_HASH_SIZE];

	EXPECT_OK(file_read(SEEDS "/spki.der", &b));
	/* P-256: the last 65 bytes are the point 04 X Y */
	assert_int_equal(b.p[b.n - 65], 0x04);
	(void)SHA1(b.p + b.n - 65, 65, want);
	EXPECT_OK(spki_hash(buf_span(&b), got));
	assert_memory_equal(want, got, sizeof(want));
}

TEST(only_exactly_one_spki_has_a_hash)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
	uint8_t h[SPKI_HASH_SIZE];

	EXPECT_OK(file_read(SEEDS "/spki.der", &b));
	for (size_t n = 0; n < b.n; n++)
		assert_int_not_equal(
		    spki_hash(span_first(buf_span(&b), n), h), ERR_OK);
	buf_put_u8(&b, 0);
	EXPECT_ERR(ERR_FORMAT, spki_hash(buf_span(&b), h), "a byte after it");
}

TEST(unused_bits_are_refused)
{
	static const uint8_t spki[] = { 0x30, 0x07, 0x30, 0x00, 0x03, 0x03,
		0x01, 0xaa, 0x80 };
	static const uint8_t good[] = { 0x30, 0x07, 0x30, 0x00, 0x03, 0x03,
		0x00, 0xaa, 0x80 };
	static const uint8_t none[] = { 0x30, 0x05, 0x30, 0x00, 0x03, 0x01,
		0x00 };
	uint8_t h[SPKI_HASH_SIZE];

	EXPECT_OK(spki_hash(SPAN_OF(good), h));
	EXPECT_ERR(ERR_FORMAT, spki_hash(SPAN_OF(spki), h), "unused bits");
	EXPECT_ERR(ERR_FORMAT, spki_hash(SPAN_OF(none), h), "no bits");
}

/* Which keys a login may rest on. */
TEST(weak_and_unknown_keys_are_refused)
{
	static const struct {
		const char *why, *type, *group;
		size_t bits;
		err_t want;
		enum key_kind kind;
	} rows[] = {
		{ "RSA 2048", "RSA", NULL, 2048, ERR_OK, KEY_RSA },
		{ "RSA 1024", "RSA", NULL, 1024, ERR_UNSUPPORTED, KEY_RSA },
		{ "P-256", "EC", "P-256", 0, ERR_OK, KEY_P256 },
		{ "P-384", "EC", "P-384", 0, ERR_OK, KEY_P384 },
		{ "P-521", "EC", "P-521", 0, ERR_UNSUPPORTED, KEY_P256 },
		{ "secp256k1", "EC", "secp256k1", 0, ERR_UNSUPPORTED,
		    KEY_P256 },
		{ "Ed25519", "ED25519", NULL, 0, ERR_UNSUPPORTED, KEY_P256 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
		CLEANUP(key_done) struct key k = { 0 };
		struct why why = { 0 };
		EVP_PKEY *p;

		if (rows[i].bits > 0)
			p = EVP_PKEY_Q_keygen(
			    NULL, NULL, rows[i].type, rows[i].bits);
		else if (rows[i].group != NULL)
			p = EVP_PKEY_Q_keygen(
			    NULL, NULL, rows[i].type, rows[i].group);
		else
			p = EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type);
		assert_non_null(p);
		to_spki(p, &b);
		EVP_PKEY_free(p);
		EXPECT_ERR(rows[i].want, key_load(buf_span(&b), &k, &why),
		    rows[i].why);
		if (rows[i].want == ERR_OK)
			assert_int_equal(k.kind, rows[i].kind);
		else
			assert_string_not_equal(why.text, "");
	}
}

TEST(an_rsa_exponent_of_one_is_refused)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
	CLEANUP(key_done) struct key k = { 0 };
	EVP_PKEY *p = EVP_RSA_gen(2048);

	assert_non_null(p);
	to_spki(p, &b);
	EVP_PKEY_free(p);
	/* ... 02 03 01 00 01 is the exponent, last of all */
	assert_memory_equal(b.p + b.n - 5, "\x02\x03\x01\x00\x01", 5);
	EXPECT_OK(key_load(buf_span(&b), &k, NULL));
	key_done(&k);
	b.p[b.n - 3] = 0;
	b.p[b.n - 1] = 1;
	EXPECT_ERR(
	    ERR_UNSUPPORTED, key_load(buf_span(&b), &k, NULL), "exponent 1");
	b.p[b.n - 1] = 4;
	EXPECT_ERR(
	    ERR_UNSUPPORTED, key_load(buf_span(&b), &k, NULL), "exponent 4");
}

TEST_MAIN("ident/spki")
