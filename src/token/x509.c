/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/x509.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "card/piv/alg.h"
#include "token/label.h"

static void
free_x509(X509 **x)
{
	X509_free(*x);
}

static void
free_bytes(unsigned char **p)
{
	OPENSSL_free(*p);
}

/* The first value of an attribute of the subject; false: there is none. */
static bool
subject_text(X509 *x, int nid, char *out, size_t cap)
{
	CLEANUP(free_bytes) unsigned char *utf8 = NULL;
	X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, nid, -1), n;
	X509_NAME_ENTRY *entry;

	if (at < 0 || (entry = X509_NAME_get_entry(subject, at)) == NULL)
		return false;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	if (n <= 0)
		return false;
	label_clean(span_from(utf8, (size_t)n), out, cap);
	return out[0] != '\0';
}

static void
subject_name(X509 *x, char *out, size_t cap)
{
	if (!subject_text(x, NID_commonName, out, cap) &&
	    !subject_text(x, NID_organizationalUnitName, out, cap) &&
	    !subject_text(x, NID_organizationName, out, cap))
		out[0] = '\0';
}

static enum piv_alg
key_alg(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return piv_alg_rsa((unsigned int)EVP_PKEY_get_bits(key));
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return PIV_ALG_NONE;
	switch (OBJ_sn2nid(group)) {
	case NID_X9_62_prime256v1:
		return PIV_ALG_P256;
	case NID_secp384r1:
		return PIV_ALG_P384;
	default:
		return PIV_ALG_NONE;
	}
}

/* RFC 5280, 4.2.1.2, method 1: SHA-1 of the BIT STRING without its header. */
static err_t
put_key(X509 *x, struct token_item *item)
{
	CLEANUP(free_bytes) unsigned char *spki = NULL;
	ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	int n;

	if (bits == NULL || ASN1_STRING_length(bits) <= 0)
		return ERR_FORMAT;
	if (SHA1(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits),
		item->pkhh) == NULL)
		return ERR_NOMEM;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (n <= 0)
		return ERR_FORMAT;
	buf_put(&item->spki, span_from(spki, (size_t)n));
	return buf_status(&item->spki);
}

static err_t
describe(X509 *x, struct token_item *item, struct why *why)
{
	EVP_PKEY *key;
	int bits;
	err_t e;

	if ((e = put_key(x, item)))
		return why_add(
		    why, e, "its public key is malformed or too long");
	if ((key = X509_get0_pubkey(x)) == NULL)
		return why_add(why, ERR_UNSUPPORTED,
		    "its public key is "
		    "unknown or malformed");
	bits = EVP_PKEY_get_bits(key);
	item->bits = bits < 0 || bits > UINT16_MAX ? 0 : (uint16_t)bits;
	item->alg = (uint8_t)key_alg(key);
	if (item->alg == PIV_ALG_NONE)
		return why_add(why, ERR_UNSUPPORTED,
		    "its key is of a kind or size that PIV does not have");
	return ERR_OK;
}

err_t
x509_describe(struct token_item *item, char *name, size_t cap, struct why *why)
{
	CLEANUP(free_x509) X509 *x = NULL;
	const unsigned char *p = item->cert.p;
	err_t e;

	x = d2i_X509(NULL, &p, (long)item->cert.n);
	if (x == NULL) {
		ERR_clear_error();
		return why_add(why, ERR_FORMAT, "not a certificate in DER");
	}
	if (p != item->cert.p + item->cert.n)
		return why_add(
		    why, ERR_FORMAT, "bytes after the certificate's end");
	subject_name(x, name, cap);
	e = describe(x, item, why);
	ERR_clear_error();
	return e;
}
