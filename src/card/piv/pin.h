/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form of PIN and PUK, SP 800-73-4 Part 2, 2.4.3: what cannot be one is
 * never sent, since the card would count it as a try.
 */
#ifndef SCS_CARD_PIV_PIN_H
#define SCS_CARD_PIV_PIN_H

#include "base/secret.h"

#define PIV_PIN_MIN 6 /* digits */
#define PIV_PIN_MAX 8
#define PIV_PIN_BLOCK 8 /* bytes on the way to the card */

/* Six to eight decimal digits. */
bool piv_pin_ok(const struct secret *pin);

/* Six to eight printable ASCII characters; the standard says eight bytes. */
bool piv_puk_ok(const struct secret *puk);

/*
 * One or two of them as the card wants them, each filled up to 8 bytes with FF,
 * in a new secret (taken). `second` may be NULL. No form is checked but the
 * length. ERR_PIN_FORM: longer than 8 bytes.
 */
MUST_CHECK err_t piv_pin_block(const struct secret *first,
    const struct secret *second, struct secret **out);

#endif
