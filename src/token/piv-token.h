/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIV driver's two halves: what a token is made of, and its commands. */
#ifndef SCS_TOKEN_PIV_TOKEN_H
#define SCS_TOKEN_PIV_TOKEN_H

#include "card/piv/piv.h"
#include "token/token.h"

/*
 * Read everything public of a card whose PIV application is selected: id,
 * items and problems of `t`, and which PIN counts into p->pin_ref. Fails only
 * when the card is gone, silent or without end.
 */
MUST_CHECK err_t piv_token_read(
    struct piv *p, struct token *t, struct why *why);

#endif
