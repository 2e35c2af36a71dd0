/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer to reset, ISO/IEC 7816-3:2006, 8.2. What the reader and the card layer
 * need: protocols, Fi/Di, waiting times, mode, historical bytes.
 */
#ifndef SCS_CODEC_ATR_H
#define SCS_CODEC_ATR_H

#include "base/span.h"

#define ATR_MAX 33 /* bytes, TS included */

enum atr_protocol {
	ATR_T0 = 1 << 0,
	ATR_T1 = 1 << 1,
	ATR_OTHER = 1 << 2, /* T=2 to T=14 */
};

struct atr {
	bool inverse; /* TS is 3F */
	uint8_t fi_di; /* TA1, 0x11 when absent */
	uint8_t extra_guard; /* TC1, 0 when absent */
	unsigned int protocols; /* enum atr_protocol bits; T=0 if none named */
	uint8_t first_protocol; /* T of the first TD, 0 when absent */
	bool specific; /* TA2 present: specific mode */
	uint8_t specific_t; /* protocol TA2 names, if specific */
	bool specific_implicit; /* bit 5 of TA2: Fi/Di are not TA1's */
	uint8_t t0_wi; /* TC2, 10 when absent */
	uint8_t t1_ifsc; /* first TA for T=1, 32 when absent */
	uint8_t t1_bwi_cwi; /* first TB for T=1, 0x4d when absent */
	bool t1_crc; /* first TC for T=1, bit 1 */
	struct span historical; /* borrowed from the input, 0 to 15 bytes */
};

/*
 * ERR_SHORT   ends before its interface bytes, historical bytes or TCK do
 * ERR_FORMAT  TS is neither 3B nor 3F, bytes after the end, TCK wrong, more
 *             than ATR_MAX bytes
 */
MUST_CHECK err_t atr_parse(struct span raw, struct atr *out);

/*
 * The same for who only has to get along with the card: cards are sold whose
 * TCK is wrong or missing, whose historical bytes are fewer than T0 says, or
 * after which a byte follows. What comes after the interface bytes is not
 * looked at, and `historical` is empty. ERR_SHORT, ERR_FORMAT as above.
 */
MUST_CHECK err_t atr_interface(struct span raw, struct atr *out);

#endif
