/* SPDX-License-Identifier: BSD-2-Clause */
#include "ident/spki.h"

#include <limits.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "codec/tlv.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

err_t
spki_hash(struct span in, uint8_t out[SPKI_HASH_SIZE])
{
	struct span spki, alg, bits;
	uint8_t unused;
	err_t e;

	if ((e = tlv_want(&in, 0x30, &spki)) ||
	    (e = tlv_want(&spki, 0x30, &alg)) ||
	    (e = tlv_want(&spki, 0x03, &bits)) || (e = span_end(spki)) ||
	    (e = span_end(in)) || (e = span_u8(&bits, &unused)))
		return e;
	if (unused != 0 || bits.n == 0)
		return ERR_FORMAT;
	return EVP_Digest(bits.p, bits.n, out, NULL, EVP_sha1(), NULL) == 1
	    ? ERR_OK
	    : ERR_NOMEM;
}

/* With an exponent of 1 every block is its own signature. */
static bool
exponent_ok(const EVP_PKEY *k)
{
	BIGNUM *e = NULL;
	bool ok;

	if (EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return false;
	ok = BN_is_odd(e) && BN_num_bits(e) >= 2;
	BN_free(e);
	return ok;
}

static err_t
classify(struct key *k, struct why *why)
{
	char group[64];
	size_t n;

	k->bits = (unsigned int)EVP_PKEY_get_bits(k->pkey);
	if (EVP_PKEY_is_a(k->pkey, "RSA")) {
		k->kind = KEY_RSA;
		if (k->bits < RSA_BITS_MIN || k->bits > RSA_BITS_MAX ||
		    !exponent_ok(k->pkey))
			return why_add(why, ERR_UNSUPPORTED,
			    "an RSA key of %u bits; 2048 to 4096 are accepted",
			    k->bits);
		return ERR_OK;
	}
	if (!EVP_PKEY_is_a(k->pkey, "EC") ||
	    EVP_PKEY_get_group_name(k->pkey, group, sizeof(group), &n) != 1)
		return why_add(why, ERR_UNSUPPORTED,
		    "a key that is neither RSA nor of a named curve");
	if (strcmp(group, "prime256v1") == 0)
		k->kind = KEY_P256;
	else if (strcmp(group, "secp384r1") == 0)
		k->kind = KEY_P384;
	else
		return why_add(why, ERR_UNSUPPORTED,
		    "a key of curve %s; P-256 and P-384 are accepted", group);
	return ERR_OK;
}

err_t
key_load(struct span spki, struct key *out, struct why *why)
{
	CLEANUP(key_done) struct key k = { 0 };
	const unsigned char *p = spki.p;
	err_t e;

	if (spki.n == 0 || spki.n > LONG_MAX ||
	    (k.pkey = d2i_PUBKEY(NULL, &p, (long)spki.n)) == NULL ||
	    p != spki.p + spki.n)
		return why_add(why, ERR_FORMAT, "not a public key");
	if ((e = classify(&k, why)))
		return e;
	*out = k;
	k.pkey = NULL;
	return ERR_OK;
}

void
key_done(struct key *k)
{
	EVP_PKEY_free(k->pkey);
	k->pkey = NULL;
}
