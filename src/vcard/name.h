/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in certificates: subject, and alternative names. */
#ifndef SCS_VCARD_NAME_H
#define SCS_VCARD_NAME_H

#include <openssl/x509v3.h>

#include "vcard/authority.h"

/*
 * "C=US/O=Example/OU=One/CN=Jane" into a name. A "\/" is a slash in a value.
 * ERR_FORMAT: no '=', or an attribute OpenSSL does not know.
 */
MUST_CHECK err_t name_parse(const char *text, X509_NAME *out);

/*
 * The subject alternative name: Microsoft's principal name, mail, FASC-N
 * (2.16.840.1.101.3.6.6) and urn:uuid: of the GUID. Empty spans: left out.
 */
MUST_CHECK err_t name_alternatives(const struct vcard_person *p,
    struct span fascn, struct span guid, X509 *cert);

#endif
