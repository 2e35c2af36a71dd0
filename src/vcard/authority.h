/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small certification authority for virtual cards, and the certificates it
 * writes for each slot (FIPS 201-3, X.509 profile of the Federal PKI).
 */
#ifndef SCS_VCARD_AUTHORITY_H
#define SCS_VCARD_AUTHORITY_H

#include "vcard/vcard.h"

struct vcard_authority; /* opaque */

/* A self-signed authority; `name` is its common name. */
MUST_CHECK err_t vcard_authority_new(
    enum vcard_alg alg, const char *name, struct vcard_authority **out);

/* PEM files; the key's has mode 0600. */
MUST_CHECK err_t vcard_authority_open(
    const char *cert_path, const char *key_path, struct vcard_authority **out);
MUST_CHECK err_t vcard_authority_save(const struct vcard_authority *a,
    const char *cert_path, const char *key_path);

void vcard_authority_free(struct vcard_authority **a);

/* The authority's certificate, DER, appended. */
MUST_CHECK err_t vcard_authority_cert(
    const struct vcard_authority *a, struct buf *der);

/* What a certificate says. NULL: left out. All borrowed. */
struct vcard_person {
	const char *subject; /* "C=US/O=Example/OU=One/CN=Jane Doe/UID=jane" */
	const char *mail; /* rfc822Name */
	const char *upn; /* Microsoft principal name, jane@EXAMPLE.COM */
	int from_days; /* validity begins so many days from now [0] */
	int to_days; /* and ends [1095]; may be in the past */
	const char *ocsp; /* URI of the responder */
	const char *crl; /* URI of the revocation list */
	const char *issuers; /* URI of the issuer's certificate (AIA) */
	bool gzip; /* stored compressed */
	/* use another slot's profile (9E's in 9A: a forger's); 0: the slot's */
	uint8_t profile;
};

/*
 * Certify the key in `slot` and store the certificate on the card. FASC-N and
 * GUID are taken from the card's CHUID.
 *
 * ERR_ABSENT  no key in that slot
 * ERR_FORMAT  the subject cannot be read
 */
MUST_CHECK err_t vcard_issue(struct vcard *c, struct vcard_authority *a,
    uint8_t slot, const struct vcard_person *p, struct why *why);

/*
 * The objects that sum up the others: Key History and a Security Object signed
 * by the authority. Call it after the last vcard_issue().
 */
MUST_CHECK err_t vcard_seal(
    struct vcard *c, struct vcard_authority *a, struct why *why);

#endif
