/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in the hands of who decides: its
 * hash, which pairings name, and the key, which signatures are checked with.
 */
#ifndef SCS_IDENT_SPKI_H
#define SCS_IDENT_SPKI_H

#include <openssl/evp.h>

#include "base/span.h"
#include "base/why.h"

#define SPKI_HASH_SIZE 20

/* SHA-1 of the contents of the BIT STRING. ERR_FORMAT: not exactly one SPKI. */
MUST_CHECK err_t spki_hash(struct span spki, uint8_t out[SPKI_HASH_SIZE]);

enum key_kind {
	KEY_RSA, /* 2048 to 4096 bits */
	KEY_P256,
	KEY_P384,
};

struct key {
	EVP_PKEY *pkey; /* owned */
	enum key_kind kind;
	unsigned int bits;
};

/*
 * A key that a login may rest on. ERR_FORMAT: not exactly one public key.
 * ERR_UNSUPPORTED: too weak, or of another kind; `why` says which.
 */
MUST_CHECK err_t key_load(struct span spki, struct key *out, struct why *why);
void key_done(struct key *k); /* CLEANUP(key_done) */

#endif
