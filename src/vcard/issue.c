/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certificate for a slot's key, in the profile of that slot: PIV
 * Authentication (9A), Digital Signature (9C), Key Management (9D, retired),
 * Card Authentication (9E); X.509 certificate profiles of the Federal PKI,
 * worksheets 5 to 9.
 */
#include <openssl/x509v3.h>
#include <stdio.h>

#include "codec/tlv.h"
#include "vcard/card.h"
#include "vcard/name.h"
#include "vcard/sign.h"

#define TAG_CHUID 0x5fc102
#define URI_MAX 512
#define THREE_YEARS 1095 /* days */

struct slot_profile {
	uint8_t slot; /* 0: all others */
	bool person; /* names a person: UPN and mail belong into it */
	const char *usage_rsa, *usage_ec, *extended;
};

#define OID_CARD_AUTH "2.16.840.1.101.3.6.8"
#define OID_PKINIT_CLIENT "1.3.6.1.5.2.3.4"

/* clang-format off */
static const struct slot_profile profiles[] = {
	{ 0x9a, true, "critical,digitalSignature", "critical,digitalSignature",
	    "clientAuth,msSmartcardLogin," OID_PKINIT_CLIENT },
	{ 0x9c, true, "critical,digitalSignature,nonRepudiation",
	    "critical,digitalSignature,nonRepudiation", "emailProtection" },
	{ 0x9e, false, "critical,digitalSignature",
	    "critical,digitalSignature", "critical," OID_CARD_AUTH },
	{ 0, true, "critical,keyEncipherment", "critical,keyAgreement",
	    "emailProtection" },
};
/* clang-format on */

static const struct slot_profile *
profile_of(uint8_t slot)
{
	size_t i = 0;

	while (profiles[i].slot != 0 && profiles[i].slot != slot)
		i++;
	return &profiles[i];
}

/* Both stay empty when the CHUID is not there or not to be read. */
static void
card_names(const struct vcard *c, struct span *fascn, struct span *guid)
{
	struct span chuid;

	*fascn = *guid = SPAN_NONE;
	if (vcard_get_object(c, TAG_CHUID, &chuid) != ERR_OK)
		return;
	if (tlv_find(chuid, 0x30, fascn) != ERR_OK)
		*fascn = SPAN_NONE;
	if (tlv_find(chuid, 0x34, guid) != ERR_OK)
		*guid = SPAN_NONE;
}

static bool
add_uri(X509 *cert, X509 *issuer, int nid, const char *prefix, const char *uri)
{
	char value[URI_MAX];
	int n;

	if (uri == NULL)
		return true;
	n = snprintf(value, sizeof(value), "%sURI:%s", prefix, uri);
	return n > 0 && (size_t)n < sizeof(value) &&
	    cert_extension(cert, issuer, nid, value);
}

/* Two accesses are one extension. */
static bool
add_access(X509 *cert, X509 *issuer, const struct vcard_person *p)
{
	char value[2 * URI_MAX];
	int n;

	if (p->ocsp == NULL)
		return add_uri(
		    cert, issuer, NID_info_access, "caIssuers;", p->issuers);
	if (p->issuers == NULL)
		return add_uri(cert, issuer, NID_info_access, "OCSP;", p->ocsp);
	n = snprintf(value, sizeof(value), "OCSP;URI:%s,caIssuers;URI:%s",
	    p->ocsp, p->issuers);
	return n > 0 && (size_t)n < sizeof(value) &&
	    cert_extension(cert, issuer, NID_info_access, value);
}

static bool
add_extensions(X509 *cert, X509 *issuer, const struct slot_profile *sp,
    const struct vcard_person *p)
{
	bool ec = EVP_PKEY_is_a(X509_get0_pubkey(cert), "EC");

	return cert_extension(
		   cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    cert_extension(cert, issuer, NID_key_usage,
		ec ? sp->usage_ec : sp->usage_rsa) &&
	    cert_extension(cert, issuer, NID_ext_key_usage, sp->extended) &&
	    cert_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	    cert_extension(
		cert, issuer, NID_authority_key_identifier, "keyid") &&
	    add_access(cert, issuer, p) &&
	    add_uri(cert, issuer, NID_crl_distribution_points, "", p->crl);
}

static err_t
add_names(X509 *cert, const struct vcard *c, const struct slot_profile *sp,
    const struct vcard_person *p)
{
	struct vcard_person names = { 0 };
	struct span fascn, guid;
	err_t e;

	if (sp->person)
		names = *p;
	card_names(c, &fascn, &guid);
	if (p->subject != NULL &&
	    (e = name_parse(p->subject, X509_get_subject_name(cert))))
		return e;
	return name_alternatives(&names, fascn, guid, cert);
}

static err_t
store_cert(struct vcard *c, uint8_t slot, X509 *cert, bool gzip)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);
	err_t e;

	if (n <= 0)
		return ERR_NOMEM;
	e = vcard_import_cert(c, slot, span_from(der, (size_t)n), gzip);
	OPENSSL_free(der);
	return e;
}

static err_t
fill(X509 *cert, const struct vcard *c, struct vcard_authority *a,
    const struct key *k, const struct vcard_person *p)
{
	const struct slot_profile *sp =
	    profile_of(p->profile != 0 ? p->profile : k->slot);
	int to_days = p->to_days != 0 ? p->to_days : THREE_YEARS;
	err_t e;

	if (!cert_begin(cert, p->from_days, to_days) ||
	    X509_set_pubkey(cert, k->pkey) != 1 ||
	    X509_set_issuer_name(cert, X509_get_subject_name(a->cert)) != 1)
		return ERR_NOMEM;
	if ((e = add_names(cert, c, sp, p)))
		return e;
	if (!add_extensions(cert, a->cert, sp, p) ||
	    X509_sign(cert, a->key, EVP_sha256()) <= 0)
		return ERR_FORMAT;
	return ERR_OK;
}

err_t
vcard_issue(struct vcard *c, struct vcard_authority *a, uint8_t slot,
    const struct vcard_person *p, struct why *why)
{
	const struct key *k = key_find(c, slot);
	X509 *cert;
	err_t e;

	if (k == NULL)
		return why_add(why, ERR_ABSENT, "slot %02X has no key",
		    (unsigned int)slot);
	if ((cert = X509_new()) == NULL)
		return ERR_NOMEM;
	if ((e = fill(cert, c, a, k, p)))
		why_add(why, e,
		    "slot %02X: no certificate can be made of these names",
		    (unsigned int)slot);
	else
		e = store_cert(c, slot, cert, p->gzip);
	X509_free(cert);
	return e;
}
