/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cards that are there, as candidates for a login: each with its login
 * key's certificate examined, and refused at once where no policy could allow
 * it.
 */
#ifndef SCS_AUTHD_CARDS_H
#define SCS_AUTHD_CARDS_H

#include "authd/token.h"
#include "directory/pairing.h"
#include "ident/cert.h"
#include "ident/spki.h"

struct card {
	const struct scs_token *token; /* borrowed from the list */
	const struct scs_item *item; /* the login key; NULL: none */
	bool has_hash;
	struct pkhh hash; /* of the certificate's key, computed here */
	struct cert_facts facts;
	struct key key;
	err_t refused; /* ERR_OK: may be used */
	struct why why;
};

struct cards {
	struct card *all; /* owned; one for each token that may log in */
	size_t n;
	struct pkhh *hashes; /* owned; of those that have one, in order */
	size_t *owner; /* owned; hashes[i] is of all[owner[i]] */
	size_t hashes_n;
	size_t others; /* tokens whose driver may not be used for login */
};

void cards_done(struct cards *c); /* CLEANUP(cards_done) */

/*
 * Examine all. Refused, whatever the trust level: no login key or certificate;
 * a certificate that cannot be read; a key that is weak or of an unknown kind;
 * the extended key usage id-PIV-cardAuth; the card's 9E key, which signs for
 * everybody. `list` must outlive `out`.
 */
MUST_CHECK err_t cards_examine(
    const struct tokens *list, uint64_t deadline, struct cards *out);

/*
 * Can the card's 9D key protect a keyring: RSA that deciphers, or a curve that
 * agrees on keys?
 */
bool card_has_keyring_key(const struct scs_token *t);

/* Cannot be a PIN of this token: ERR_PIN_FORM. PIV: digits, SP 800-73-4 Part
 * 2, 2.4.3; any other: only its length. */
MUST_CHECK err_t card_pin_form(
    const struct scs_token *t, const struct secret *pin, struct why *why);

/* Does the token service say that the key has this hash? */
bool item_has_hash(const struct scs_item *i, const struct pkhh *h);

#endif
