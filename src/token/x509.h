/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token item says of its certificate. The certificate is read by
 * OpenSSL, in the worker alone; nothing is verified here: whether to trust it
 * is another process's business.
 */
#ifndef SCS_TOKEN_X509_H
#define SCS_TOKEN_X509_H

#include "base/why.h"
#include "token/token.h"

/*
 * Fill pkhh, alg, bits and spki of `item` from item->cert, and the common name
 * (cleaned; the organisational unit, else the organisation, if there is none;
 * "" if there is nothing) into name[cap].
 *
 * ERR_FORMAT       not exactly one certificate in DER; `why` says more
 * ERR_UNSUPPORTED  a key of a kind or size that PIV has no number for; the
 *                  fields are filled, alg is 0
 */
MUST_CHECK err_t x509_describe(
    struct token_item *item, char *name, size_t cap, struct why *why);

#endif
