/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No PIN to a card that has a copy (doc/adr/0013). A card can be given anybody's
 * certificate, and a PIN that it is then given is no secret any more. Where two
 * cards show the same login key nobody can tell which is the copy, so neither
 * gets the PIN. Whoever asks for a PIN looks before the prompt, and again before
 * it is presented: who sees the prompt may put the card in only then.
 */
#ifndef SCS_KEYCHAIN_ALONE_H
#define SCS_KEYCHAIN_ALONE_H

#include "base/span.h"
#include "base/why.h"
#include "scs/scs.h"

/* The first item that is its driver's login key, or NULL. */
const struct scs_item *token_login_item(const struct scs_token *t);

/*
 * Among the `n` tokens that are there now, does another than the one of
 * `insertion`, in `reader`, show the login key with this hash? By the word of the
 * token service: the card that was copied tells the truth about itself.
 * ERR_DENIED, with both readers: yes. ERR_OK also when the card itself is gone,
 * since nothing can be sent to it then.
 */
MUST_CHECK err_t token_alone(const struct scs_token *all, size_t n,
    uint64_t insertion, const char *reader, struct span hash, struct why *why);

#endif
