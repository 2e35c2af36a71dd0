/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No PIN to a card that has a copy (doc/adr/0013). A card can be given anybody's
 * certificate, and a PIN that it is then given is no secret any more. Where two
 * cards show the same login key nobody can tell which is the copy, so neither
 * gets the PIN. Whoever asks for a PIN looks before the prompt, and again before
 * it is presented: who sees the prompt may put the card in only then. libscs
 * looks before each presentation, whoever its caller is.
 */
#ifndef SCS_KEYCHAIN_ALONE_H
#define SCS_KEYCHAIN_ALONE_H

#include "base/span.h"
#include "base/why.h"
#include "keychain/link.h"
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

/*
 * The same for who takes a card by its name, not by its key, and so is deceived
 * by the name as well: two with one name are copies, too, unless both are blank,
 * when the name says only which model they are.
 */
MUST_CHECK err_t alone_among(
    const struct scs_token *all, size_t n, uint64_t insertion, struct why *why);

/* The same, once no card is being read any more. The reason is in s->why; what
 * link_ask() fails with comes back as it is. */
MUST_CHECK err_t alone_now(
    struct scs *s, uint64_t insertion, uint64_t deadline);

#endif
