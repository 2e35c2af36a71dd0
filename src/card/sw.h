/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status words, ISO/IEC 7816-4:2013, 5.6, as SP 800-73-4 Part 2 uses them: what
 * a caller can do about one, and what it says in words. A status word leaves
 * this layer only inside a chain of reasons.
 */
#ifndef SCS_CARD_SW_H
#define SCS_CARD_SW_H

#include "base/why.h"

#define SW_OK 0x9000
#define SW_WRONG_LENGTH 0x6700
#define SW_SECURITY 0x6982
#define SW_BLOCKED 0x6983
#define SW_NOT_FOUND 0x6a82

/* A sentence fragment for people. Never NULL. */
const char *sw_text(uint16_t sw);

/* ERR_OK for 9000 alone; every other word is a failure. */
err_t sw_err(uint16_t sw);

/*
 * sw_err(), with the clause `WHAT: the card says TEXT (6A82)` added on failure.
 * `what` names the command or object. `why` may be NULL.
 */
MUST_CHECK err_t sw_check(uint16_t sw, const char *what, struct why *why);

/*
 * The answer to a command that presents a PIN, PUK or the like: 63Cx (of early
 * YubiKeys 630x) is a wrong
 * one with x tries left, 6983 is blocked. *tries is 0 to 15 for those two and
 * untouched otherwise. Everything but 9000 is a failure.
 */
MUST_CHECK err_t sw_check_secret(
    uint16_t sw, const char *what, unsigned int *tries, struct why *why);

#endif
