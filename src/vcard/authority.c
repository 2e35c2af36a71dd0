/* SPDX-License-Identifier: BSD-2-Clause */
/* The authority's own key and certificate, and the files they are kept in. */
#include "vcard/authority.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/file.h"
#include "vcard/card.h"
#include "vcard/sign.h"

#define PEM_MAX 16384
#define TEN_YEARS 3653 /* days */

void
vcard_authority_free(struct vcard_authority **ap)
{
	struct vcard_authority *a;

	if (ap == NULL || (a = *ap) == NULL)
		return;
	X509_free(a->cert);
	EVP_PKEY_free(a->key);
	free(a);
	*ap = NULL;
}

/* A positive serial number of 15 random bytes (RFC 5280, 4.1.2.2). */
bool
cert_begin(X509 *cert, int from_days, int to_days)
{
	uint8_t random[15];
	BIGNUM *bn = NULL;
	bool ok;

	ok = RAND_bytes(random, sizeof(random)) == 1 &&
	    (bn = BN_bin2bn(random, sizeof(random), NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL &&
	    X509_set_version(cert, X509_VERSION_3) == 1 &&
	    X509_time_adj_ex(X509_getm_notBefore(cert), from_days, 0, NULL) !=
		NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(cert), to_days, 0, NULL) !=
		NULL;
	BN_free(bn);
	return ok;
}

bool
cert_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *x;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if ((x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return false;
	ok = X509_add_ext(cert, x, -1) == 1;
	X509_EXTENSION_free(x);
	return ok;
}

static bool
fill_root(X509 *cert, EVP_PKEY *key, const char *name)
{
	X509_NAME *n = X509_get_subject_name(cert);

	return cert_begin(cert, 0, TEN_YEARS) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, n) == 1 &&
	    cert_extension(
		cert, cert, NID_basic_constraints, "critical,CA:TRUE") &&
	    cert_extension(
		cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    cert_extension(cert, cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(cert, key, EVP_sha256()) > 0;
}

err_t
vcard_authority_new(
    enum vcard_alg alg, const char *name, struct vcard_authority **out)
{
	CLEANUP(vcard_authority_free) struct vcard_authority *a = NULL;
	err_t e;

	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->cert = X509_new()) == NULL)
		return ERR_NOMEM;
	if ((e = key_generate((uint8_t)alg, &a->key)))
		return e;
	if (!fill_root(a->cert, a->key, name))
		return ERR_FORMAT;
	*out = TAKE(a);
	return ERR_OK;
}

static BIO *
read_pem(const char *path, struct buf *text, err_t *e)
{
	BIO *bio;

	if ((*e = file_read(path, text)))
		return NULL;
	bio = BIO_new_mem_buf(text->p, (int)text->n);
	*e = bio == NULL ? ERR_NOMEM : ERR_OK;
	return bio;
}

static err_t
read_cert(const char *path, X509 **out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(PEM_MAX);
	BIO *bio;
	err_t e;

	if ((bio = read_pem(path, &text, &e)) == NULL)
		return e;
	*out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return *out != NULL ? ERR_OK : ERR_FORMAT;
}

static err_t
read_key(const char *path, EVP_PKEY **out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(PEM_MAX);
	char nothing[] = ""; /* no question for a pass phrase */
	BIO *bio;
	err_t e;

	if ((bio = read_pem(path, &text, &e)) == NULL)
		return e;
	*out = PEM_read_bio_PrivateKey(bio, NULL, NULL, nothing);
	BIO_free(bio);
	return *out != NULL ? ERR_OK : ERR_FORMAT;
}

err_t
vcard_authority_open(
    const char *cert_path, const char *key_path, struct vcard_authority **out)
{
	CLEANUP(vcard_authority_free) struct vcard_authority *a = NULL;
	err_t e;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return ERR_NOMEM;
	if ((e = read_cert(cert_path, &a->cert)) ||
	    (e = read_key(key_path, &a->key)))
		return e;
	if (X509_check_private_key(a->cert, a->key) != 1)
		return ERR_FORMAT;
	*out = TAKE(a);
	return ERR_OK;
}

/* What was written to the memory BIO, into a file; wiped afterwards. */
static err_t
write_pem(BIO *bio, bool ok, const char *path, unsigned int mode)
{
	char *p = NULL;
	long n = bio != NULL ? BIO_get_mem_data(bio, &p) : 0;
	err_t e = ERR_NOMEM;

	if (ok && n > 0) {
		e = file_write(path, mode, span_from(p, (size_t)n));
		OPENSSL_cleanse(p, (size_t)n);
	}
	BIO_free(bio);
	return e;
}

err_t
vcard_authority_save(const struct vcard_authority *a, const char *cert_path,
    const char *key_path)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	bool ok;
	err_t e;

	ok = bio != NULL &&
	    PEM_write_bio_PrivateKey(bio, a->key, NULL, NULL, 0, NULL, NULL) ==
		1;
	if ((e = write_pem(bio, ok, key_path, 0600)))
		return e;
	bio = BIO_new(BIO_s_mem());
	ok = bio != NULL && PEM_write_bio_X509(bio, a->cert) == 1;
	return write_pem(bio, ok, cert_path, 0644);
}

err_t
vcard_authority_cert(const struct vcard_authority *a, struct buf *der)
{
	unsigned char *p = NULL;
	int n = i2d_X509(a->cert, &p);

	if (n <= 0)
		return ERR_NOMEM;
	buf_put(der, span_from(p, (size_t)n));
	OPENSSL_free(p);
	return buf_status(der);
}
