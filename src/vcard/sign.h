/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of an authority, for the files that sign with it. */
#ifndef SCS_VCARD_SIGN_H
#define SCS_VCARD_SIGN_H

#include <openssl/x509.h>

#include "vcard/authority.h"

struct vcard_authority {
	X509 *cert; /* owned */
	EVP_PKEY *key; /* owned */
};

/* Version 3, a random serial number, validity in days from now. */
bool cert_begin(X509 *cert, int from_days, int to_days);

/* An extension as OpenSSL's configuration files write it. */
bool cert_extension(X509 *cert, X509 *issuer, int nid, const char *value);

#endif
