/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/proof.h"

#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "fault.h"
#include "ipc/token-proto.h"
#include "test.h"

static const uint8_t cert[] = { 0x30, 0x03, 0x01, 0x02, 0x03 };

static void
make(const char *type, size_t bits, const char *group, struct key *out)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
	EVP_PKEY *p = bits > 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type, bits)
			       : EVP_PKEY_Q_keygen(NULL, NULL, type, group);
	unsigned char *der = NULL;
	int n;

	assert_non_null(p);
	n = i2d_PUBKEY(p, &der);
	assert_true(n > 0);
	buf_put(&b, span_from(der, (size_t)n));
	OPENSSL_free(der);
	EXPECT_OK(key_load(buf_span(&b), out, NULL));
	EVP_PKEY_free(out->pkey);
	out->pkey = p; /* with the private half */
}

TEST(the_message_is_laid_out_as_written)
{
	struct proof_for f = { .machine = { 0xaa, [15] = 0xbb },
		.uid = 0x01020304,
		.service = "login",
		.cert = SPAN_OF(cert) };
	uint8_t nonce[PROOF_NONCE] = { 0xc1, [31] = 0xc2 }, hash[32];
	CLEANUP(buf_done) struct buf m = BUF_INIT(1024);

	(void)SHA256(cert, sizeof(cert), hash);
	proof_message(&f, nonce, &m);
	assert_int_equal(m.n, 11 + 32 + 16 + 4 + 2 + 5 + 32);
	assert_memory_equal(m.p, "SCS-AUTH-1", 11);
	assert_memory_equal(m.p + 11, nonce, 32);
	assert_memory_equal(m.p + 43, f.machine, 16);
	assert_memory_equal(m.p + 59, "\1\2\3\4\0\5login", 11);
	assert_memory_equal(m.p + 70, hash, 32);
}

/* A message of one login is never the message of another. */
TEST(every_field_changes_the_message)
{
	static const uint8_t other[] = { 0x30, 0x03, 0x01, 0x02, 0x04 };
	const struct proof_for base = {
		.uid = 1000, .service = "sudo", .cert = SPAN_OF(cert)
	};
	struct proof_for variants[5] = { base, base, base, base, base };
	uint8_t nonces[5][PROOF_NONCE] = { 0 };
	CLEANUP(buf_done) struct buf a = BUF_INIT(1024);
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);
	uint8_t zero[PROOF_NONCE] = { 0 };

	variants[0].uid = 1001;
	variants[1].service = "sudo ";
	variants[2].cert = SPAN_OF(other);
	variants[3].machine[15] = 1;
	nonces[4][0] = 1;
	proof_message(&base, zero, &a);
	for (size_t i = 0; i < nitems(variants); i++) {
		buf_reset(&b);
		proof_message(&variants[i], nonces[i], &b);
		if (span_eq(buf_span(&a), buf_span(&b)))
			fail_msg("variant %zu is the same message", i);
	}
}

static void
sign(struct key *k, const struct proof *p, struct buf *out)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
	uint8_t sig[1024];
	size_t n = sizeof(sig);

	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	if (k->kind == KEY_RSA)
		assert_int_equal(
		    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(c, sig, &n, p->data, p->data_n), 1);
	EVP_PKEY_CTX_free(c);
	buf_reset(out);
	buf_put(out, span_from(sig, n));
}

TEST(only_the_keys_own_signature_of_this_very_proof_counts)
{
	static const struct {
		const char *why, *type, *group;
		size_t bits, digest;
		uint8_t mech;
	} rows[] = {
		{ "RSA 2048", "RSA", NULL, 2048, 32, MECH_RSA_PKCS1 },
		{ "RSA 3072", "RSA", NULL, 3072, 32, MECH_RSA_PKCS1 },
		{ "P-256", "EC", "P-256", 0, 32, MECH_ECDSA },
		{ "P-384", "EC", "P-384", 0, 48, MECH_ECDSA },
	};
	struct proof_for f = { .service = "x", .cert = SPAN_OF(cert) };

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf s = BUF_INIT(1024);
		CLEANUP(key_done) struct key k = { 0 }, other = { 0 };
		struct proof a, b;

		make(rows[i].type, rows[i].bits, rows[i].group, &k);
		make(rows[i].type, rows[i].bits, rows[i].group, &other);
		EXPECT_OK(proof_make(&f, &k, &a));
		EXPECT_OK(proof_make(&f, &k, &b));
		assert_int_equal(a.mech, rows[i].mech);
		assert_int_equal(a.digest_n, rows[i].digest);
		assert_memory_not_equal(a.digest, b.digest, a.digest_n);
		sign(&k, &a, &s);
		EXPECT_ERR(
		    ERR_OK, proof_check(&a, &k, buf_span(&s)), rows[i].why);
		EXPECT_ERR(ERR_DENIED, proof_check(&b, &k, buf_span(&s)),
		    "another proof");
		EXPECT_ERR(ERR_DENIED, proof_check(&a, &other, buf_span(&s)),
		    "another key");
		EXPECT_ERR(
		    ERR_DENIED, proof_check(&a, &k, SPAN_NONE), "nothing");
		EXPECT_ERR(ERR_DENIED,
		    proof_check(&a, &k, span_first(buf_span(&s), s.n - 1)),
		    "cut short");
		s.p[s.n - 1] ^= 1;
		EXPECT_ERR(
		    ERR_DENIED, proof_check(&a, &k, buf_span(&s)), "one bit");
	}
}

/* A raw block that is not PKCS#1 must not pass for a signature. */
TEST(a_signature_in_another_padding_is_refused)
{
	CLEANUP(key_done) struct key k = { 0 };
	struct proof_for f = { .service = "x", .cert = SPAN_OF(cert) };
	struct proof p;
	EVP_PKEY_CTX *c;
	uint8_t sig[512];
	size_t n = sizeof(sig);

	make("RSA", 2048, NULL, &k);
	EXPECT_OK(proof_make(&f, &k, &p));
	c = EVP_PKEY_CTX_new(k.pkey, NULL);
	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	assert_int_equal(
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_sign(c, sig, &n, p.digest, p.digest_n), 1);
	EVP_PKEY_CTX_free(c);
	EXPECT_ERR(ERR_DENIED, proof_check(&p, &k, span_from(sig, n)), "PSS");
}

struct check {
	struct span spki, sig;
	const struct proof *proof;
	err_t want; /* with memory enough */
};

/* What a session does with a signature. Did it meet the failure? */
static bool
judge(const struct check *c, unsigned int k)
{
	CLEANUP(key_done) struct key key = { 0 };
	err_t e;
	bool met;

	fault_at(k);
	if ((e = key_load(c->spki, &key, NULL)) == ERR_OK)
		e = proof_check(c->proof, &key, c->sig);
	met = fault_stop() >= k;
	if (e == ERR_OK && c->want != ERR_OK)
		fail_msg("believed when allocation %u failed", k);
	if (!met)
		EXPECT_ERR(c->want, e, "nothing failed");
	return met;
}

/* OpenSSL makes thousands of allocations for it: each of the first, where the
 * key is read, then one in so many. */
TEST(no_failed_allocation_makes_a_signature_of_another_key_good)
{
	CLEANUP(buf_done) struct buf s = BUF_INIT(1024);
	CLEANUP(key_done) struct key k = { 0 }, other = { 0 };
	struct proof_for f = { .service = "x", .cert = SPAN_OF(cert) };
	unsigned char *der = NULL;
	struct proof p;
	struct check c = { .proof = &p };
	int n;

	make("EC", 0, "P-256", &k);
	make("EC", 0, "P-256", &other);
	EXPECT_OK(proof_make(&f, &k, &p));
	assert_true((n = i2d_PUBKEY(k.pkey, &der)) > 0);
	c.spki = span_from(der, (size_t)n);
	for (int good = 0; good < 2; good++) {
		unsigned int at = 1;

		sign(good ? &k : &other, &p, &s);
		c.sig = buf_span(&s);
		c.want = good ? ERR_OK : ERR_DENIED;
		while (judge(&c, at))
			at += at < 200 ? 1 : 11;
	}
	OPENSSL_free(der);
}

TEST_MAIN("authd/proof")
