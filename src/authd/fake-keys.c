/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/fake-keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ident/spki.h"

struct fake_pair fake_pairs[FAKE_KEYS];

#define MUST(cond)                                                   \
	do {                                                         \
		if (!(cond)) {                                       \
			fprintf(stderr, "fake: %s failed\n", #cond); \
			abort();                                     \
		}                                                    \
	} while (0)

static EVP_PKEY *
make_key(enum fake_key key)
{
	switch (key) {
	case FAKE_RSA:
		return EVP_RSA_gen(2048);
	case FAKE_WEAK:
		return EVP_RSA_gen(1024);
	case FAKE_P384:
		return EVP_EC_gen("P-384");
	case FAKE_P256:
	case FAKE_OTHER:
	case FAKE_CARD_AUTH:
	case FAKE_KEYS:
		break;
	}
	return EVP_EC_gen("P-256");
}

static void
add_eku(X509 *x, const char *value)
{
	X509_EXTENSION *e =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, value);

	MUST(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void
make_cert(struct fake_pair *p, enum fake_key key)
{
	X509 *x = X509_new();
	X509_NAME *name;
	unsigned char *at = p->cert;
	int n;

	MUST(x != NULL && X509_set_version(x, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + (long)key);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	name = X509_get_subject_name(x);
	MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		 (const unsigned char *)"Jane Example", -1, -1, 0) == 1);
	MUST(X509_set_issuer_name(x, name) == 1);
	MUST(X509_set_pubkey(x, p->pkey) == 1);
	add_eku(
	    x, key == FAKE_CARD_AUTH ? "2.16.840.1.101.3.6.8" : "clientAuth");
	MUST(X509_sign(x, p->pkey, EVP_sha256()) > 0);
	n = i2d_X509(x, NULL);
	MUST(n > 0 && (size_t)n <= sizeof(p->cert));
	p->cert_n = (size_t)i2d_X509(x, &at);
	X509_free(x);
}

static void
make_pair(enum fake_key key)
{
	struct fake_pair *p = &fake_pairs[key];
	unsigned char *at = p->spki;
	int n;

	MUST((p->pkey = make_key(key)) != NULL);
	n = i2d_PUBKEY(p->pkey, NULL);
	MUST(n > 0 && (size_t)n <= sizeof(p->spki));
	p->spki_n = (size_t)i2d_PUBKEY(p->pkey, &at);
	make_cert(p, key);
}

static void
drop_pairs(void)
{
	for (unsigned int i = 0; i < FAKE_KEYS; i++)
		EVP_PKEY_free(fake_pairs[i].pkey);
}

void
fake_init(void)
{
	for (unsigned int i = 0; i < FAKE_KEYS; i++)
		make_pair((enum fake_key)i);
	MUST(atexit(drop_pairs) == 0);
}

struct pkhh
fake_hash(enum fake_key key)
{
	struct pkhh h;

	MUST(spki_hash(span_from(fake_pairs[key].spki, fake_pairs[key].spki_n),
		 h.b) == ERR_OK);
	return h;
}

void
fake_sign(enum fake_key key, struct span data, struct buf *out)
{
	EVP_PKEY *k = fake_pairs[key].pkey;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	uint8_t sig[1024];
	size_t n = sizeof(sig);

	MUST(c != NULL && EVP_PKEY_sign_init(c) == 1);
	if (EVP_PKEY_is_a(k, "RSA"))
		MUST(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1);
	MUST(EVP_PKEY_sign(c, sig, &n, data.p, data.n) == 1);
	EVP_PKEY_CTX_free(c);
	buf_put(out, span_from(sig, n));
}
