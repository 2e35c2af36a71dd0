/* SPDX-License-Identifier: BSD-2-Clause */
/* Algorithm identifiers, SP 800-78-5, table 6-2, and vendors' RSA 4096. */
#ifndef SCS_CARD_PIV_ALG_H
#define SCS_CARD_PIV_ALG_H

#include "base/def.h"

enum piv_alg {
	PIV_ALG_NONE = 0,
	PIV_ALG_RSA_3072 = 0x05,
	PIV_ALG_RSA_2048 = 0x07,
	PIV_ALG_P256 = 0x11,
	PIV_ALG_P384 = 0x14,
	PIV_ALG_RSA_4096 = 0x16,
};

bool piv_alg_is_rsa(uint8_t alg);
bool piv_alg_is_ec(uint8_t alg);

/* Bytes of the modulus or of a coordinate; 0 for what we do not know. */
size_t piv_alg_size(uint8_t alg);

/* PIV_ALG_NONE when there is none for this kind of key. */
enum piv_alg piv_alg_rsa(unsigned int bits);

#endif
