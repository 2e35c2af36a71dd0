/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: a guard over a virtual card in this process, with a reader service
 * that is told what to do, and with strangers who use the card in between.
 */
#ifndef SCS_TOKEND_RIG_H
#define SCS_TOKEND_RIG_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "codec/hex.h"
#include "codec/tlv.h"
#include "tokend/guard.h"
#include "vcard/vcard.h"

#include "test.h"

struct rig {
	struct vcard *vcard;
	struct card *card;
	struct token *token;
	struct guard *guard;
	struct memory memory;
	bool held, wanted, exclusive;
	enum card_touched touched; /* what the next hold will say */
	unsigned int holds, apdus, verifies, logouts, selects, resets, taken;
	unsigned int gone_at; /* the card leaves at this APDU; 0: never */
	unsigned int fail_at; /* the reader fails at this APDU; 0: never */
	bool lose_verify; /* what the card says to the next secret is lost */
};

static struct secret *
rig_pin(const char *text)
{
	struct secret *s;

	EXPECT_OK(secret_from(span_str(text), &s));
	return s;
}

static err_t
rig_hold(void *ctx, unsigned int flags, uint64_t deadline UNUSED,
    enum card_touched *touched)
{
	struct rig *r = ctx;

	assert_false(r->held);
	if (r->exclusive && (flags & CARD_HOLD_TAKE) == 0)
		return ERR_TIMEOUT;
	if (r->exclusive) {
		vcard_reset(r->vcard);
		r->touched = CARD_TOUCHED;
		r->exclusive = false;
		r->taken++;
	}
	r->held = true;
	r->holds++;
	*touched = r->touched;
	r->touched = CARD_UNTOUCHED;
	return ERR_OK;
}

static err_t
rig_unhold(void *ctx, bool reset)
{
	struct rig *r = ctx;

	assert_true(r->held);
	r->held = r->wanted = false;
	if (reset) {
		vcard_reset(r->vcard);
		r->resets++;
		r->touched = CARD_WAS_RESET;
	}
	return ERR_OK;
}

static bool
rig_wanted(void *ctx)
{
	struct rig *r = ctx;

	return r->wanted;
}

static void
rig_note(struct rig *r, struct span cmd)
{
	struct apdu a;

	r->apdus++;
	if (apdu_parse(cmd, &a) != ERR_OK)
		return;
	r->selects += a.ins == 0xa4;
	r->verifies += a.ins == 0x20 && a.p1 == 0 && a.data.n > 0;
	r->logouts += a.ins == 0x20 && a.p1 == 0xff;
}

static err_t
rig_transmit(
    void *ctx, struct span cmd, uint64_t deadline UNUSED, struct buf *answer)
{
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);
	struct rig *r = ctx;
	err_t e;

	assert_true(r->held); /* nothing goes to a card that is not held */
	rig_note(r, cmd);
	if (r->apdus == r->gone_at)
		vcard_power(r->vcard, false);
	if (r->apdus == r->fail_at)
		return ERR_IO;
	if ((e = vcard_transmit(r->vcard, cmd, &resp)))
		return e;
	if (r->lose_verify && cmd.p[1] >= 0x20 && cmd.p[1] <= 0x2c &&
	    cmd.n > 5) {
		r->lose_verify = false;
		return ERR_IO;
	}
	buf_put(answer, buf_span(&resp));
	return buf_status(answer);
}

static err_t
rig_reset(void *ctx)
{
	struct rig *r = ctx;

	if (!vcard_powered(r->vcard))
		return ERR_REMOVED;
	vcard_reset(r->vcard);
	r->resets++;
	return ERR_OK;
}

static err_t
rig_count(void *ctx, uint64_t *apdus)
{
	struct rig *r = ctx;

	*apdus = r->apdus;
	return ERR_OK;
}

static const struct card_link_ops rig_ops = {
	.hold = rig_hold,
	.unhold = rig_unhold,
	.wanted = rig_wanted,
	.transmit = rig_transmit,
	.reset = rig_reset,
	.count = rig_count,
};

/* A self-signed certificate over a key that is not the card's: its public key
 * is replaced by the card's, so the signature is wrong, which nobody looks at.
 */
static void
rig_certify(struct vcard *vc, uint8_t slot, const char *cn)
{
	CLEANUP(buf_done) struct buf der = BUF_INIT(2048);
	EVP_PKEY *signer = EVP_EC_gen("P-256"), *key;
	unsigned char *out = NULL;
	const unsigned char *p;
	X509 *x = X509_new();
	int n;

	EXPECT_OK(vcard_public_key(vc, slot, &der));
	p = der.p;
	key = d2i_PUBKEY(NULL, &p, (long)der.n);
	assert_non_null(key);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 1000));
	assert_int_equal(
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
		V_ASN1_UTF8STRING, (const unsigned char *)cn, -1, -1, 0),
	    1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	n = i2d_X509(x, &out);
	assert_true(n > 0);
	EXPECT_OK(vcard_import_cert(
	    vc, slot, span_from(out, (size_t)n), slot == 0x9d));
	OPENSSL_free(out);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
}

/* 9A of `alg`, 9C and 9E P-256, 9D P-256 with a gzip certificate. */
static void
rig_card(struct rig *r, unsigned int flags, enum vcard_alg alg)
{
	static const uint8_t slots[] = { 0x9a, 0x9c, 0x9d, 0x9e };
	struct vcard_profile p = { .flags = flags };

	*r = (struct rig){ .touched = CARD_TOUCHED };
	EXPECT_OK(vcard_new(&p, &r->vcard));
	for (size_t i = 0; i < nitems(slots); i++) {
		EXPECT_OK(vcard_generate(
		    r->vcard, slots[i], slots[i] == 0x9a ? alg : VCARD_P256));
		rig_certify(r->vcard, slots[i], "Jane Doe");
	}
	vcard_power(r->vcard, true);
}

static err_t
rig_open(struct rig *r, struct why *why)
{
	struct card_link link = { &rig_ops, r };

	EXPECT_OK(card_new(link, vcard_atr(r->vcard), true, &r->card));
	EXPECT_OK(token_new(&r->token));
	r->token->insertion = 1;
	if (r->memory.key == NULL)
		EXPECT_OK(memory_init(&r->memory));
	return guard_open(r->card, 0, &r->memory, r->token, &r->guard, why);
}

UNUSED static void
rig_setup(struct rig *r, unsigned int flags, enum vcard_alg alg)
{
	rig_card(r, flags, alg);
	EXPECT_OK(rig_open(r, NULL));
	assert_false(r->held);
	r->holds = 0;
	r->apdus = r->verifies = r->logouts = r->selects = r->resets = 0;
	vcard_counts_clear(r->vcard);
}

static void
rig_close(struct rig *r)
{
	guard_free(&r->guard);
	memory_done(&r->memory);
	card_free(&r->card);
	token_free(&r->token);
	vcard_free(&r->vcard);
}

/* A stranger over PC/SC; he gets the card only when it is free. */
UNUSED static uint16_t
rig_stranger(struct rig *r, const char *hex)
{
	CLEANUP(buf_done) struct buf cmd = BUF_INIT(512);
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);

	if (r->held) {
		r->wanted = true;
		guard_settle(r->guard);
	}
	assert_false(r->held);
	if (r->touched == CARD_UNTOUCHED)
		r->touched = CARD_TOUCHED;
	EXPECT_OK(hex_decode(span_str(hex), &cmd));
	EXPECT_OK(vcard_transmit(r->vcard, buf_span(&cmd), &resp));
	assert_true(resp.n >= 2);
	return (uint16_t)(resp.p[resp.n - 2] << 8 | resp.p[resp.n - 1]);
}

UNUSED static err_t
rig_login(
    struct rig *r, uint64_t session, const char *text, unsigned int *tries)
{
	CLEANUP(secret_free) struct secret *pin = rig_pin(text);
	struct guard_ask ask = { .session = session };
	struct guard_answer a;
	err_t e;

	guard_answer_init(&a);
	e = guard_login(r->guard, &ask, pin, &a);
	guard_settle(r->guard);
	if (tries != NULL)
		*tries = a.tries;
	guard_answer_done(&a);
	return e;
}

/* Sign a digest, or a DigestInfo, with a slot; `text` NULL: no PIN with it. */
UNUSED static err_t
rig_sign(struct rig *r, uint64_t session, uint8_t slot, const char *text)
{
	static const uint8_t digest[32] = { 0x30, 0x1e };
	CLEANUP(secret_free)
	struct secret *pin = text != NULL ? rig_pin(text) : NULL;
	struct guard_ask ask = { .session = session };
	struct token_use use = { .item = token_find(r->token, slot),
		.data = SPAN_OF(digest) };
	struct guard_answer a;
	err_t e;

	assert_non_null(use.item);
	use.mech = use.item->alg == 0x07 ? MECH_RSA_PKCS1 : MECH_ECDSA;
	guard_answer_init(&a);
	e = guard_use(r->guard, &ask, GUARD_SIGN, &use, pin, &a);
	if (e == ERR_OK)
		assert_true(a.out.n > 0);
	guard_settle(r->guard);
	guard_answer_done(&a);
	return e;
}

UNUSED static err_t
rig_verify_sign(
    struct rig *r, const char *text, bool last_try_ok, uint16_t *apdus)
{
	static const uint8_t digest[32] = { 0x30, 0x1e };
	CLEANUP(secret_free) struct secret *pin = rig_pin(text);
	struct guard_ask ask = { .session = 77, .last_try_ok = last_try_ok };
	struct token_use use = { .item = token_find(r->token, 0x9a),
		.data = SPAN_OF(digest) };
	struct guard_answer a;
	err_t e;

	use.mech = use.item->alg == 0x07 ? MECH_RSA_PKCS1 : MECH_ECDSA;
	guard_answer_init(&a);
	e = guard_verify_sign(r->guard, &ask, &use, pin, &a);
	if (apdus != NULL)
		*apdus = a.apdus;
	guard_settle(r->guard);
	guard_answer_done(&a);
	return e;
}

#endif
