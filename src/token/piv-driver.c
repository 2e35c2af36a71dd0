/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in driver for PIV cards, SP 800-73-4. */
#include <stdlib.h>
#include <string.h>

#include "card/piv/alg.h"
#include "card/piv/apt.h"
#include "card/piv/pin.h"
#include "token/driver.h"
#include "token/piv-token.h"

#define ANSWER_MAX 4096 /* of SELECT */
#define PKCS1_OVERHEAD 11 /* 00 01, at least eight FF, 00 (RFC 8017, 9.2) */

static err_t
probe_with(struct piv *p, struct why *why)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(ANSWER_MAX);
	struct piv_apt apt;
	err_t e;

	if ((e = piv_select(p, &answer, why)))
		return e;
	if ((e = piv_apt_parse(buf_span(&answer), &apt)))
		return why_add(why, e,
		    "the answer to selecting the PIV application is malformed");
	return ERR_OK;
}

/* Any status but 9000 says that there is no PIV application to select. */
static err_t
piv_driver_probe(struct card *card, struct why *why)
{
	struct piv p = { .card = card, .pin_ref = PIV_REF_PIN };
	err_t e = probe_with(&p, why);

	if (e == ERR_CARD || e == ERR_UNSUPPORTED || e == ERR_PIN_NEEDED ||
	    e == ERR_PIN_BLOCKED)
		return ERR_ABSENT;
	return e;
}

static err_t
piv_driver_open(
    struct card *card, struct token *t, void **self, struct why *why)
{
	struct piv *p = calloc(1, sizeof(*p));
	err_t e;

	if (p == NULL)
		return ERR_NOMEM;
	*p = (struct piv){ .card = card, .pin_ref = PIV_REF_PIN };
	if ((e = piv_token_read(p, t, why))) {
		free(p);
		return e;
	}
	*self = p;
	return ERR_OK;
}

static void
piv_driver_close(void **self)
{
	if (self == NULL || *self == NULL)
		return;
	free(*self);
	*self = NULL;
}

static err_t
piv_driver_select(void *self, struct why *why)
{
	return probe_with(self, why);
}

static err_t
piv_driver_tries(
    void *self, bool *verified, unsigned int *tries, struct why *why)
{
	err_t e = piv_pin_status(self, verified, tries, why);

	/* a card that does not answer this question can do all the rest */
	if (e == ERR_UNSUPPORTED || e == ERR_CARD || e == ERR_ABSENT) {
		*verified = false;
		*tries = PIV_TRIES_UNKNOWN;
		return ERR_OK;
	}
	return e;
}

static err_t
piv_driver_verify(
    void *self, const struct secret *pin, unsigned int *tries, struct why *why)
{
	return piv_verify(self, pin, tries, why);
}

static err_t
piv_driver_logout(void *self, struct why *why)
{
	return piv_logout(self, why);
}

static err_t
piv_driver_change_pin(void *self, const struct secret *old,
    const struct secret *pin, unsigned int *tries, struct why *why)
{
	return piv_change_pin(self, old, pin, tries, why);
}

static err_t
piv_driver_unblock(void *self, const struct secret *puk,
    const struct secret *pin, unsigned int *tries, struct why *why)
{
	return piv_unblock(self, puk, pin, tries, why);
}

/* RFC 8017, 9.2: 00 01 FF .. FF 00 and the DigestInfo. */
static err_t
pad_pkcs1(struct span data, size_t size, struct buf *out)
{
	if (data.n == 0 || data.n > size - PKCS1_OVERHEAD)
		return ERR_FORMAT;
	buf_put_u16(out, 0x0001);
	for (size_t i = 0; i < size - data.n - 3; i++)
		buf_put_u8(out, 0xff);
	buf_put_u8(out, 0x00);
	buf_put(out, data);
	return buf_status(out);
}

static err_t
piv_driver_sign(
    void *self, const struct token_use *use, struct buf *out, struct why *why)
{
	struct piv_key key = { use->item->slot, use->item->alg };
	CLEANUP(buf_done) struct buf block = BUF_INIT(512);
	size_t size = piv_alg_size(key.alg);
	struct span data = use->data;
	bool rsa = piv_alg_is_rsa(key.alg);

	if (rsa == (use->mech == MECH_ECDSA) ||
	    (use->mech != MECH_ECDSA && use->mech != MECH_RSA_RAW &&
		use->mech != MECH_RSA_PKCS1))
		return why_add(why, ERR_UNSUPPORTED,
		    "slot %02X has a key of another kind", key.ref);
	if (use->mech == MECH_RSA_PKCS1) {
		if (pad_pkcs1(data, size, &block) != ERR_OK)
			return why_add(why, ERR_FORMAT,
			    "what is to be signed is empty or too long");
		data = buf_span(&block);
	}
	return piv_sign(self, key, data, out, why);
}

static err_t
piv_driver_decrypt(
    void *self, const struct token_use *use, struct buf *out, struct why *why)
{
	struct piv_key key = { use->item->slot, use->item->alg };

	return piv_decipher(self, key, use->data, out, why);
}

static err_t
piv_driver_derive(
    void *self, const struct token_use *use, struct buf *out, struct why *why)
{
	struct piv_key key = { use->item->slot, use->item->alg };

	return piv_derive(self, key, use->data, out, why);
}

const struct token_driver piv_driver = {
	.abi = TOKEN_DRIVER_ABI,
	.id = "com.apple.CryptoTokenKit.pivtoken",
	.flags = TOKEN_LOGIN,
	.pin_min = PIV_PIN_MIN,
	.pin_max = PIV_PIN_MAX,
	.probe = piv_driver_probe,
	.open = piv_driver_open,
	.close = piv_driver_close,
	.select = piv_driver_select,
	.pin_ok = piv_pin_ok,
	.puk_ok = piv_puk_ok,
	.tries = piv_driver_tries,
	.verify = piv_driver_verify,
	.logout = piv_driver_logout,
	.change_pin = piv_driver_change_pin,
	.unblock = piv_driver_unblock,
	.sign = piv_driver_sign,
	.decrypt = piv_driver_decrypt,
	.derive = piv_driver_derive,
};
