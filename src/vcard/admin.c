/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERAL AUTHENTICATE with the management key (9B): SP 800-73-4 Part 2,
 * appendix A.1. External: the card's challenge comes back encrypted. Mutual:
 * the card's encrypted witness comes back plain, together with a challenge
 * that the card encrypts. The card never encrypts what the host chose before
 * the host has proved itself.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "codec/tlv.h"
#include "vcard/card.h"

static const struct cipher {
	uint8_t alg;
	size_t key, block; /* bytes */
	const char *name; /* OpenSSL's */
} ciphers[] = {
	{ VCARD_3DES, 24, 8, "DES-EDE3-ECB" },
	{ VCARD_AES128, 16, 16, "AES-128-ECB" },
	{ VCARD_AES192, 24, 16, "AES-192-ECB" },
	{ VCARD_AES256, 32, 16, "AES-256-ECB" },
};

static const struct cipher *
cipher_find(uint8_t alg)
{
	for (size_t i = 0; i < nitems(ciphers); i++)
		if (ciphers[i].alg == alg)
			return &ciphers[i];
	return NULL;
}

size_t
mgm_key_len(uint8_t alg)
{
	const struct cipher *x = cipher_find(alg);

	return x != NULL ? x->key : 0;
}

/* One block under the management key. */
static bool
encrypt(const struct vcard *c, const struct cipher *x, const uint8_t *in,
    uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, x->name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok;

	ok = cipher != NULL && ctx != NULL &&
	    EVP_EncryptInit_ex2(
		ctx, cipher, secret_span(c->mgm_key).p, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, in, (int)x->block) == 1 &&
	    (size_t)n == x->block;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok;
}

/* p is NULL where an item is missing. */
struct admin_template {
	struct span witness, challenge, response;
};

static err_t
admin_parse(struct span in, struct admin_template *out)
{
	struct admin_template t = { 0 };
	struct span val;
	uint32_t tag;
	err_t e;

	while (in.n > 0) {
		if ((e = tlv_next(&in, &tag, &val)))
			return e;
		if (tag == 0x80)
			e = tlv_once(val, &t.witness);
		else if (tag == 0x81)
			e = tlv_once(val, &t.challenge);
		else if (tag == 0x82)
			e = tlv_once(val, &t.response);
		else
			return ERR_FORMAT;
		if (e != ERR_OK)
			return e;
	}
	*out = t;
	return ERR_OK;
}

static bool
has(struct span s)
{
	return s.p != NULL;
}

/* An item that is there and empty asks the card to fill it. */
static bool
asks(struct span s)
{
	return s.p != NULL && s.n == 0;
}

static void
put_answer(struct buf *out, uint32_t tag, struct span val)
{
	size_t top = tlv_open(out, 0x7c);

	tlv_put(out, tag, val);
	tlv_close(out, top);
}

/* A1.2: 81 empty asks for a challenge; it is sent plain. */
static uint16_t
give_challenge(struct vcard *c, const struct cipher *x, struct buf *out)
{
	if (RAND_bytes(c->block, (int)x->block) != 1)
		return SW_CONDITIONS;
	put_answer(out, 0x81, span_from(c->block, x->block));
	c->step = ADMIN_CHALLENGE;
	return SW_OK;
}

/* A1.1: 80 empty asks for a witness; it is sent encrypted. */
static uint16_t
give_witness(struct vcard *c, const struct cipher *x, struct buf *out)
{
	uint8_t sealed[BLOCK_MAX];

	if (RAND_bytes(c->block, (int)x->block) != 1 ||
	    !encrypt(c, x, c->block, sealed))
		return SW_CONDITIONS;
	put_answer(out, 0x80, span_from(sealed, x->block));
	c->step = ADMIN_WITNESS;
	return SW_OK;
}

static uint16_t
take_response(struct vcard *c, const struct cipher *x, struct span response)
{
	uint8_t want[BLOCK_MAX];

	if (!encrypt(c, x, c->block, want) ||
	    !span_eq(response, span_from(want, x->block)))
		return SW_SECURITY;
	c->admin_ok = true;
	return SW_OK;
}

static uint16_t
take_witness(struct vcard *c, const struct cipher *x,
    const struct admin_template *t, struct buf *out)
{
	uint8_t sealed[BLOCK_MAX];

	if (t->challenge.n != x->block || t->response.n != 0)
		return SW_DATA;
	if (!span_eq(t->witness, span_from(c->block, x->block)))
		return SW_SECURITY;
	if (!encrypt(c, x, t->challenge.p, sealed))
		return SW_CONDITIONS;
	put_answer(out, 0x82, span_from(sealed, x->block));
	c->admin_ok = true;
	return SW_OK;
}

/* A challenge or witness is good for one answer, right or wrong. */
static uint16_t
finish(struct vcard *c, const struct cipher *x, enum admin_step step,
    const struct admin_template *t, struct buf *out)
{
	c->admin_ok = false;
	if (step == ADMIN_CHALLENGE && has(t->response) && !has(t->witness) &&
	    !has(t->challenge))
		return take_response(c, x, t->response);
	if (step == ADMIN_WITNESS && has(t->witness) && has(t->challenge))
		return take_witness(c, x, t, out);
	return SW_DATA;
}

uint16_t
admin_authenticate(struct vcard *c, const struct apdu *cmd,
    struct span template, struct buf *out)
{
	/* 00 is an older name of 03 */
	uint8_t alg = cmd->p1 == 0 ? VCARD_3DES : cmd->p1;
	const struct cipher *x = cipher_find(alg);
	enum admin_step step = c->step;
	struct admin_template t;
	uint16_t sw;

	c->step = ADMIN_IDLE;
	if (x == NULL || alg != c->mgm_alg)
		return SW_P1P2;
	if (admin_parse(template, &t) != ERR_OK)
		return SW_DATA;
	if (asks(t.challenge) && !has(t.witness) && t.response.n == 0)
		return give_challenge(c, x, out);
	if (asks(t.witness) && !has(t.challenge) && t.response.n == 0)
		return give_witness(c, x, out);
	sw = finish(c, x, step, &t, out);
	OPENSSL_cleanse(c->block, sizeof(c->block));
	return sw;
}
