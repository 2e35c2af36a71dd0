/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIV card application, SP 800-73-4 Part 2: its commands over one card.
 * The data objects are in files of their own; nothing here decides who may do
 * what, and nothing here presents a secret twice.
 */
#ifndef SCS_CARD_PIV_PIV_H
#define SCS_CARD_PIV_PIV_H

#include "base/secret.h"
#include "card/card.h"

#define PIV_REF_PIN 0x80 /* PIV card application PIN */
#define PIV_REF_GLOBAL_PIN 0x00 /* global PIN */
#define PIV_REF_PUK 0x81 /* PIN unblocking key */
#define PIV_TRIES_UNKNOWN 0xff

/* Tags of data objects, SP 800-73-4 Part 1, table 3. */
#define PIV_OBJ_CHUID 0x5fc102
#define PIV_OBJ_SECURITY 0x5fc106
#define PIV_OBJ_DISCOVERY 0x7e
#define PIV_OBJ_KEY_HISTORY 0x5fc10c

struct piv {
	struct card *card; /* borrowed */
	uint8_t pin_ref; /* the PIN that counts: PIV_REF_PIN or _GLOBAL_PIN */
};

/* SELECT by the application's identifier, truncated: any version. */
MUST_CHECK err_t piv_select(struct piv *p, struct buf *answer, struct why *why);

/*
 * GET DATA: a whole object, its outer tag (53, or 7E for Discovery) included,
 * appended. ERR_ABSENT: the card does not have it.
 */
MUST_CHECK err_t piv_get_data(
    struct piv *p, uint32_t object, struct buf *out, struct why *why);

/*
 * VERIFY. *tries is what is left on ERR_PIN_WRONG and ERR_PIN_BLOCKED (or
 * PIV_TRIES_UNKNOWN), untouched otherwise. ERR_PIN_FORM: nothing was sent.
 */
MUST_CHECK err_t piv_verify(struct piv *p, const struct secret *pin,
    unsigned int *tries, struct why *why);

/*
 * VERIFY without data: ask, present nothing. *verified: the security status is
 * set, and then the card does not say how many tries are left.
 */
MUST_CHECK err_t piv_pin_status(
    struct piv *p, bool *verified, unsigned int *tries, struct why *why);

/*
 * VERIFY with P1 = FF: clear the security status of the PIN that counts.
 * ERR_UNSUPPORTED: this card does not know that; reset it instead.
 */
MUST_CHECK err_t piv_logout(struct piv *p, struct why *why);

/* CHANGE REFERENCE DATA. As piv_verify(); `pin` is the new one. */
MUST_CHECK err_t piv_change_pin(struct piv *p, const struct secret *old,
    const struct secret *pin, unsigned int *tries, struct why *why);

/* RESET RETRY COUNTER: a new PIN with the PUK; *tries are the PUK's. */
MUST_CHECK err_t piv_unblock(struct piv *p, const struct secret *puk,
    const struct secret *pin, unsigned int *tries, struct why *why);

/* GENERAL AUTHENTICATE with a private key: which, and how. */
struct piv_key {
	uint8_t ref; /* 9A, 9C, 9D, 9E, 82 to 95 */
	uint8_t alg; /* enum piv_alg of alg.h */
};

/*
 * Sign. RSA: `block` is padded and as long as the modulus. EC: a digest, cut or
 * filled to the curve's size here. The result is appended: a block as long as
 * the modulus, or an ECDSA signature in DER.
 *
 * ERR_PIN_NEEDED   the card wants the PIN first
 * ERR_FORMAT       `block` is of a wrong length, or the card's answer is not
 *                  what a signature looks like
 */
MUST_CHECK err_t piv_sign(struct piv *p, struct piv_key key, struct span block,
    struct buf *out, struct why *why);

/* RSA decipherment of one block; the result keeps its padding. */
MUST_CHECK err_t piv_decipher(struct piv *p, struct piv_key key,
    struct span block, struct buf *out, struct why *why);

/* ECDH with an uncompressed point 04 X Y; the result is the shared X. */
MUST_CHECK err_t piv_derive(struct piv *p, struct piv_key key,
    struct span point, struct buf *out, struct why *why);

#endif
