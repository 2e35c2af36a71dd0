/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card says of itself in the historical bytes of its answer to reset,
 * ISO/IEC 7816-4:2013, 12.1.1: the card capabilities object.
 */
#ifndef SCS_CARD_CAPS_H
#define SCS_CARD_CAPS_H

#include "base/span.h"

/*
 * Does the card know extended lengths (third software function byte, bit 7)?
 * `historical` is from atr_parse(). Anything malformed or unsaid is a no.
 */
bool caps_extended(struct span historical);

#endif
