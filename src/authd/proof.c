/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/proof.h"

#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "ipc/token-proto.h"

static const uint8_t label[] = "SCS-AUTH-1"; /* with its NUL */

/* RFC 8017, 9.2, note 1. */
static const uint8_t sha256_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };

void
proof_message(const struct proof_for *f, const uint8_t nonce[PROOF_NONCE],
    struct buf *out)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct span service = span_str(f->service);

	(void)SHA256(f->cert.p, f->cert.n, hash);
	buf_put(out, SPAN_OF(label));
	buf_put(out, span_from(nonce, PROOF_NONCE));
	buf_put(out, SPAN_OF(f->machine));
	buf_put_u32(out, f->uid);
	buf_put_u16(out, (uint16_t)service.n);
	buf_put(out, service);
	buf_put(out, SPAN_OF(hash));
}

static const EVP_MD *
hash_of(enum key_kind kind)
{
	return kind == KEY_P384 ? EVP_sha384() : EVP_sha256();
}

err_t
proof_make(const struct proof_for *f, const struct key *key, struct proof *out)
{
	CLEANUP(buf_done) struct buf m = BUF_INIT(1024);
	struct proof p = { .mech = MECH_ECDSA };
	uint8_t nonce[PROOF_NONCE];
	unsigned int n = 0;
	err_t e;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return ERR_IO;
	proof_message(f, nonce, &m);
	if ((e = buf_status(&m)))
		return e;
	if (EVP_Digest(m.p, m.n, p.digest, &n, hash_of(key->kind), NULL) != 1)
		return ERR_NOMEM;
	p.digest_n = n;
	if (key->kind == KEY_RSA) {
		p.mech = MECH_RSA_PKCS1;
		memcpy(p.data, sha256_info, sizeof(sha256_info));
		p.data_n = sizeof(sha256_info);
	}
	memcpy(p.data + p.data_n, p.digest, p.digest_n);
	p.data_n += p.digest_n;
	*out = p;
	return ERR_OK;
}

static void
ctx_free(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

err_t
proof_check(const struct proof *p, const struct key *key, struct span sig)
{
	CLEANUP(ctx_free) EVP_PKEY_CTX *c = NULL;

	if (sig.n == 0)
		return ERR_DENIED;
	if ((c = EVP_PKEY_CTX_new(key->pkey, NULL)) == NULL)
		return ERR_NOMEM;
	if (EVP_PKEY_verify_init(c) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c, hash_of(key->kind)) != 1)
		return ERR_NOMEM;
	if (key->kind == KEY_RSA &&
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) != 1)
		return ERR_NOMEM;
	/* 1 is yes; 0 and everything below are no */
	if (EVP_PKEY_verify(c, sig.p, sig.n, p->digest, p->digest_n) != 1)
		return ERR_DENIED;
	return ERR_OK;
}
