/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests: keys, certificates and signatures of the fake token service. */
#ifndef SCS_AUTHD_FAKE_KEYS_H
#define SCS_AUTHD_FAKE_KEYS_H

#include <openssl/evp.h>

#include "authd/fake-tokend.h"
#include "base/buf.h"

struct fake_pair {
	EVP_PKEY *pkey;
	uint8_t cert[2048], spki[1024];
	size_t cert_n, spki_n;
};

extern struct fake_pair fake_pairs[FAKE_KEYS];

/* As a card does it: RSA pads a DigestInfo, EC signs a digest. */
void fake_sign(enum fake_key key, struct span data, struct buf *out);

#endif
