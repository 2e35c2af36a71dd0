/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/x509.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "card/piv/alg.h"
#include "test.h"

/* A certificate over a fresh key with this subject, appended as DER. */
static void
make_cert(EVP_PKEY *key, int nid, const char *value, struct buf *out)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;
	int n;

	assert_non_null(x);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 1000));
	if (value != NULL)
		assert_int_equal(
		    X509_NAME_add_entry_by_NID(X509_get_subject_name(x), nid,
			V_ASN1_UTF8STRING, (const unsigned char *)value, -1, -1,
			0),
		    1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	buf_put(out, span_from(der, (size_t)n));
	OPENSSL_free(der);
	X509_free(x);
}

static struct token_item *
item_of(struct token **t)
{
	struct token_item *item;

	EXPECT_OK(token_new(t));
	EXPECT_OK(token_add_item(*t, &item));
	return item;
}

TEST(a_certificate_is_described)
{
	CLEANUP(token_free) struct token *t = NULL;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct token_item *item = item_of(&t);
	char name[64];
	uint8_t point[65], hash[20];
	size_t n;

	make_cert(key, NID_commonName, "Jane\tDoe", &item->cert);
	EXPECT_OK(x509_describe(item, name, sizeof(name), NULL));
	assert_string_equal(name, "Jane?Doe");
	assert_int_equal(item->alg, PIV_ALG_P256);
	assert_int_equal(item->bits, 256);
	assert_int_equal(EVP_PKEY_get_octet_string_param(
			     key, "pub", point, sizeof(point), &n),
	    1);
	(void)SHA1(point, n, hash);
	assert_memory_equal(hash, item->pkhh, sizeof(hash));
	EVP_PKEY_free(key);
}

TEST(key_kinds_have_their_numbers)
{
	static const struct {
		unsigned int rsa_bits;
		const char *curve;
		uint8_t alg;
		err_t want;
	} rows[] = {
		{ 2048, NULL, 0x07, ERR_OK },
		{ 3072, NULL, 0x05, ERR_OK },
		{ 0, "P-384", 0x14, ERR_OK },
		{ 0, "P-521", 0, ERR_UNSUPPORTED },
		{ 0, "secp256k1", 0, ERR_UNSUPPORTED },
		{ 1024, NULL, 0, ERR_UNSUPPORTED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(token_free) struct token *t = NULL;
		struct token_item *item = item_of(&t);
		EVP_PKEY *key = rows[i].curve != NULL
		    ? EVP_EC_gen(rows[i].curve)
		    : EVP_RSA_gen(rows[i].rsa_bits);
		char name[64];

		make_cert(key, NID_organizationName, "Org", &item->cert);
		EXPECT_ERR(rows[i].want,
		    x509_describe(item, name, sizeof(name), NULL), "key");
		assert_int_equal(item->alg, rows[i].alg);
		assert_string_equal(name, "Org");
		assert_true(item->spki.n > 0);
		EVP_PKEY_free(key);
	}
}

TEST(only_one_whole_certificate_is_one)
{
	CLEANUP(buf_done) struct buf der = BUF_INIT(4096);
	EVP_PKEY *key = EVP_EC_gen("P-256");

	make_cert(key, NID_commonName, NULL, &der);
	for (size_t n = 0; n <= der.n + 1; n++) {
		CLEANUP(token_free) struct token *t = NULL;
		struct token_item *item = item_of(&t);
		char name[64];

		buf_put(&item->cert, span_first(buf_span(&der), n));
		if (n > der.n)
			buf_put_u8(&item->cert, 0);
		EXPECT_ERR(n == der.n ? ERR_OK : ERR_FORMAT,
		    x509_describe(item, name, sizeof(name), NULL), "length");
		if (n == der.n)
			assert_string_equal(name, "");
	}
	EVP_PKEY_free(key);
}

TEST_MAIN("token/x509")
