/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proof of possession. The card signs the hash of
 *
 *	"SCS-AUTH-1" 00		10 + 1 bytes
 *	nonce			32 bytes, used once
 *	machine id		16 bytes
 *	uid			u32
 *	service			u16 length, bytes
 *	certificate		SHA-256 of its DER, 32 bytes
 *
 * Every field but one has a fixed length and that one says its own, so no two
 * messages are the same bytes. Nothing in it is chosen by the caller but the
 * service's name. Integers are big-endian.
 */
#ifndef SCS_AUTHD_PROOF_H
#define SCS_AUTHD_PROOF_H

#include "base/buf.h"
#include "ident/spki.h"

#define PROOF_NONCE 32
#define PROOF_MACHINE 16
#define PROOF_DATA_MAX 64

struct proof_for {
	uint8_t machine[PROOF_MACHINE];
	uint32_t uid;
	const char *service;
	struct span cert;
};

struct proof {
	uint8_t digest[48];
	size_t digest_n; /* 32, or 48 for P-384 */
	uint8_t mech; /* enum token_mech */
	uint8_t data[PROOF_DATA_MAX]; /* what the card is asked to sign */
	size_t data_n;
};

/* The message, for a nonce: apart from proof_make() so that it can be tested. */
void proof_message(const struct proof_for *f, const uint8_t nonce[PROOF_NONCE],
    struct buf *out);

/* With a nonce of its own. SHA-256, or SHA-384 for P-384; for RSA the data is
 * a DigestInfo (RFC 8017, 9.2). ERR_NOMEM, ERR_IO (no randomness). */
MUST_CHECK err_t proof_make(
    const struct proof_for *f, const struct key *key, struct proof *out);

/* Is this the signature of that proof by that key? ERR_DENIED: it is not. */
MUST_CHECK err_t proof_check(
    const struct proof *p, const struct key *key, struct span sig);

#endif
