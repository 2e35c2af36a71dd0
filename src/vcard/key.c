/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card's keys: which slots there are, and what a key does with bytes. The
 * arithmetic is OpenSSL's. RSA is raw: padding is the host's business
 * (SP 800-73-4 Part 2, appendix A).
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "codec/tlv.h"
#include "vcard/card.h"

#define POINT_MAX 97 /* 04 X Y of P-384 */

bool
slot_ok(uint8_t slot)
{
	return slot == 0x9a || slot == 0x9c || slot == 0x9d || slot == 0x9e ||
	    (slot >= 0x82 && slot <= 0x95);
}

uint8_t
slot_policy(uint8_t slot)
{
	if (slot == 0x9e)
		return POLICY_NEVER;
	return slot == 0x9c ? POLICY_ALWAYS : POLICY_ONCE;
}

bool
alg_is_rsa(uint8_t alg)
{
	return alg == VCARD_RSA2048 || alg == VCARD_RSA3072 ||
	    alg == VCARD_RSA4096;
}

bool
alg_is_ec(uint8_t alg)
{
	return alg == VCARD_P256 || alg == VCARD_P384;
}

size_t
key_bytes(uint8_t alg)
{
	switch (alg) {
	case VCARD_RSA2048:
		return 256;
	case VCARD_RSA3072:
		return 384;
	case VCARD_RSA4096:
		return 512;
	case VCARD_P256:
		return 32;
	case VCARD_P384:
		return 48;
	default:
		return 0;
	}
}

static uint8_t
ec_alg(const EVP_PKEY *pkey)
{
	char group[32];
	size_t n;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) != 1)
		return 0;
	if (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0)
		return VCARD_P256;
	if (strcmp(group, "secp384r1") == 0 || strcmp(group, "P-384") == 0)
		return VCARD_P384;
	return 0;
}

uint8_t
key_alg(const EVP_PKEY *pkey)
{
	if (EVP_PKEY_is_a(pkey, "EC"))
		return ec_alg(pkey);
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return 0;
	switch (EVP_PKEY_get_bits(pkey)) {
	case 2048:
		return VCARD_RSA2048;
	case 3072:
		return VCARD_RSA3072;
	case 4096:
		return VCARD_RSA4096;
	default:
		return 0;
	}
}

const struct key *
key_find(const struct vcard *c, uint8_t slot)
{
	for (size_t i = 0; i < c->keys_n; i++)
		if (c->keys[i].slot == slot)
			return &c->keys[i];
	return NULL;
}

/* The new key is in the file, or the old one stays. */
err_t
key_put(struct vcard *c, uint8_t slot, uint8_t policy, EVP_PKEY *pkey)
{
	struct key fresh = { slot, key_alg(pkey), policy, pkey };
	struct key old = { 0 };
	size_t i = 0, before = c->keys_n;
	err_t e;

	while (i < c->keys_n && c->keys[i].slot != slot)
		i++;
	if (!slot_ok(slot) || fresh.alg == 0 || i == KEYS_MAX) {
		EVP_PKEY_free(pkey);
		return ERR_UNSUPPORTED;
	}
	if (i == c->keys_n)
		c->keys_n++;
	else
		old = c->keys[i];
	c->keys[i] = fresh;
	if ((e = card_save(c))) {
		c->keys_n = before;
		c->keys[i] = old;
		old = fresh;
	}
	EVP_PKEY_free(old.pkey);
	return e;
}

err_t
key_generate(uint8_t alg, EVP_PKEY **out)
{
	EVP_PKEY *k = NULL;

	if (alg_is_rsa(alg))
		k = EVP_RSA_gen(8 * (unsigned int)key_bytes(alg));
	else if (alg_is_ec(alg))
		k = EVP_EC_gen(alg == VCARD_P256 ? "P-256" : "P-384");
	else
		return ERR_UNSUPPORTED;
	if (k == NULL)
		return ERR_NOMEM;
	*out = k;
	return ERR_OK;
}

static err_t
put_number(
    const EVP_PKEY *pkey, const char *name, uint32_t tag, struct buf *out)
{
	BIGNUM *bn = NULL;
	size_t mark;
	uint8_t *p;

	if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1)
		return ERR_NOMEM;
	mark = tlv_open(out, tag);
	if ((p = buf_grow(out, (size_t)BN_num_bytes(bn))) != NULL)
		(void)BN_bn2bin(bn, p);
	tlv_close(out, mark);
	BN_free(bn);
	return buf_status(out);
}

static err_t
put_point(const EVP_PKEY *pkey, struct buf *out)
{
	uint8_t point[POINT_MAX];
	size_t n;

	if (EVP_PKEY_get_octet_string_param(
		pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n) != 1)
		return ERR_NOMEM;
	tlv_put(out, 0x86, span_from(point, n));
	return buf_status(out);
}

err_t
key_public_template(const EVP_PKEY *pkey, struct buf *out)
{
	size_t mark = tlv_open(out, 0x7f49);
	err_t e;

	if (EVP_PKEY_is_a(pkey, "EC")) {
		if ((e = put_point(pkey, out)))
			return e;
	} else if ((e = put_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0x81, out)) ||
	    (e = put_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0x82, out))) {
		return e;
	}
	tlv_close(out, mark);
	return buf_status(out);
}

/* c = m^d mod n; a block that is not below the modulus is refused. */
err_t
key_rsa(const struct key *k, struct span in, struct buf *out)
{
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = key_bytes(k->alg);
	uint8_t *p;
	bool ok;

	if (!alg_is_rsa(k->alg) || in.n != n)
		return ERR_FORMAT;
	if ((p = buf_grow(out, n)) == NULL)
		return buf_status(out);
	ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	    EVP_PKEY_decrypt(ctx, p, &n, in.p, in.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? ERR_OK : ERR_FORMAT;
}

err_t
key_ecdsa(const struct key *k, struct span digest, struct buf *out)
{
	uint8_t sig[128]; /* two numbers of 48 bytes and their DER */
	size_t n = sizeof(sig);
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (!alg_is_ec(k->alg) || digest.n == 0 || digest.n > key_bytes(k->alg))
		return ERR_FORMAT;
	ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_sign(ctx, sig, &n, digest.p, digest.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		return ERR_FORMAT;
	buf_put(out, span_from(sig, n));
	return buf_status(out);
}

/* The peer's point must be on the curve: OpenSSL checks it when it is set. */
static EVP_PKEY *
peer_key(const struct key *k, struct span point)
{
	EVP_PKEY *peer = EVP_PKEY_new();

	if (peer == NULL || EVP_PKEY_copy_parameters(peer, k->pkey) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(peer, point.p, point.n) != 1) {
		EVP_PKEY_free(peer);
		return NULL;
	}
	return peer;
}

err_t
key_ecdh(const struct key *k, struct span point, struct buf *out)
{
	size_t n = key_bytes(k->alg);
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *peer;
	uint8_t *p;
	bool ok;

	if (!alg_is_ec(k->alg) || point.n != 2 * n + 1 || point.p[0] != 0x04)
		return ERR_FORMAT;
	if ((peer = peer_key(k, point)) == NULL)
		return ERR_FORMAT;
	ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	p = buf_grow(out, n);
	ok = p != NULL && ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, p, &n) == 1 && n == key_bytes(k->alg);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return ok ? ERR_OK : ERR_FORMAT;
}
