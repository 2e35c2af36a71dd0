/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Yubico's import of a private key (FE): its numbers in, an OpenSSL key out.
 * The public half is computed and checked, never taken on trust.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "codec/tlv.h"
#include "vcard/card.h"

#define POINT_MAX 97 /* 04 X Y of P-384 */

struct import {
	struct span part[6]; /* 01 p, 02 q, 03 dp, 04 dq, 05 qinv; 06 scalar */
	uint8_t policy;
};

static err_t
import_parse(struct span in, struct import *out)
{
	struct span val;
	uint32_t tag;
	err_t e;

	while (in.n > 0) {
		if ((e = tlv_next(&in, &tag, &val)))
			return e;
		if (tag >= 0x01 && tag <= 0x06)
			out->part[tag - 1] = val;
		else if (tag == 0xaa && val.n == 1 && val.p[0] <= POLICY_ALWAYS)
			out->policy = val.p[0];
		else if (tag != 0xab || val.n != 1)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

static EVP_PKEY *
from_params(const char *type, OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY_CTX *check = NULL;
	EVP_PKEY *k = NULL;

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEYPAIR, params);
	if (k != NULL)
		check = EVP_PKEY_CTX_new(k, NULL);
	if (k != NULL &&
	    (check == NULL || EVP_PKEY_pairwise_check(check) != 1)) {
		EVP_PKEY_free(k);
		k = NULL;
	}
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return k;
}

/* n = pq, e = 65537, d = 1/e mod lcm(p-1, q-1). */
static bool
rsa_numbers(BN_CTX *bx, const BIGNUM *p, const BIGNUM *q, BIGNUM *n, BIGNUM *e,
    BIGNUM *d)
{
	BIGNUM *p1 = BN_CTX_get(bx), *q1 = BN_CTX_get(bx),
	       *phi = BN_CTX_get(bx);

	return phi != NULL && BN_mul(n, p, q, bx) == 1 &&
	    BN_set_word(e, 65537) == 1 && BN_sub(p1, p, BN_value_one()) == 1 &&
	    BN_sub(q1, q, BN_value_one()) == 1 &&
	    BN_mul(phi, p1, q1, bx) == 1 &&
	    BN_mod_inverse(d, e, phi, bx) != NULL;
}

static bool
rsa_push(OSSL_PARAM_BLD *b, BIGNUM *const number[8])
{
	static const char *const names[8] = { OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D };

	for (size_t i = 0; i < 8; i++)
		if (OSSL_PARAM_BLD_push_BN(b, names[i], number[i]) != 1)
			return false;
	return true;
}

static EVP_PKEY *
import_rsa(const struct import *in)
{
	BN_CTX *bx = BN_CTX_secure_new();
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *number[8] = { NULL }; /* p q dp dq qinv n e d */
	EVP_PKEY *k = NULL;
	bool ok = bx != NULL && b != NULL;

	for (size_t i = 0; i < 5 && ok; i++)
		ok = in->part[i].n > 0 && in->part[i].n <= 256 &&
		    (number[i] = BN_bin2bn(
			 in->part[i].p, (int)in->part[i].n, NULL)) != NULL;
	for (size_t i = 5; i < 8 && ok; i++)
		ok = (number[i] = BN_new()) != NULL;
	if (ok)
		BN_CTX_start(bx);
	if (ok &&
	    rsa_numbers(
		bx, number[0], number[1], number[5], number[6], number[7]) &&
	    rsa_push(b, number))
		k = from_params("RSA", b);
	if (ok)
		BN_CTX_end(bx);
	for (size_t i = 0; i < 8; i++)
		BN_clear_free(number[i]);
	OSSL_PARAM_BLD_free(b);
	BN_CTX_free(bx);
	return k;
}

/* The public point belongs to the key: it is computed, not given. */
static size_t
point_of(const EC_GROUP *g, const BIGNUM *d, uint8_t out[POINT_MAX])
{
	EC_POINT *pt = g != NULL ? EC_POINT_new(g) : NULL;
	size_t n = 0;

	if (pt != NULL && EC_POINT_mul(g, pt, d, NULL, NULL, NULL) == 1)
		n = EC_POINT_point2oct(
		    g, pt, POINT_CONVERSION_UNCOMPRESSED, out, POINT_MAX, NULL);
	EC_POINT_free(pt);
	return n;
}

static EVP_PKEY *
import_ec(const struct import *in, uint8_t alg)
{
	const char *name = alg == VCARD_P256 ? "P-256" : "P-384";
	struct span s = in->part[5];
	EC_GROUP *g = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(name));
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	uint8_t point[POINT_MAX];
	EVP_PKEY *k = NULL;
	BIGNUM *d = NULL;
	size_t n = 0;

	if (s.n > 0 && s.n <= key_bytes(alg))
		d = BN_bin2bn(s.p, (int)s.n, NULL);
	if (d != NULL)
		n = point_of(g, d, point);
	if (n > 0 && b != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(
		b, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(
		b, OSSL_PKEY_PARAM_PUB_KEY, point, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
		k = from_params("EC", b);
	BN_clear_free(d);
	OSSL_PARAM_BLD_free(b);
	EC_GROUP_free(g);
	return k;
}

/* FE algorithm slot. */
uint16_t
import_key_command(
    struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	struct import in = { 0 };
	EVP_PKEY *k;

	if (!slot_ok(cmd->p2) || (!alg_is_rsa(cmd->p1) && !alg_is_ec(cmd->p1)))
		return SW_P1P2;
	if (!c->admin_ok)
		return SW_SECURITY;
	if (import_parse(cmd->data, &in) != ERR_OK)
		return SW_DATA;
	k = alg_is_rsa(cmd->p1) ? import_rsa(&in) : import_ec(&in, cmd->p1);
	if (k == NULL || key_alg(k) != cmd->p1) {
		EVP_PKEY_free(k);
		return SW_DATA;
	}
	if (in.policy == 0)
		in.policy = slot_policy(cmd->p2);
	return key_put(c, cmd->p2, in.policy, k) == ERR_OK ? SW_OK : SW_MEMORY;
}
