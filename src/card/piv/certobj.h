/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate objects, SP 800-73-4 Part 1, table 10 and 3.2: a certificate in
 * DER, perhaps compressed with gzip (RFC 1952).
 */
#ifndef SCS_CARD_PIV_CERTOBJ_H
#define SCS_CARD_PIV_CERTOBJ_H

#include "base/buf.h"

/*
 * 53 { 70 certificate, 71 CertInfo (1 byte), FE, ... }. The certificate is
 * appended to `der`, decompressed; der->max is the cap of what comes out. Its
 * contents are not looked at.
 *
 * ERR_ABSENT       an empty object, or an empty certificate
 * ERR_SHORT        an item ends after its container
 * ERR_FORMAT       wrong tag or length, an element twice, broken gzip, bytes
 *                  after the end of one or the other
 * ERR_UNSUPPORTED  a compression that nobody has defined
 * ERR_LIMIT        longer than der->max
 */
MUST_CHECK err_t piv_certobj_parse(struct span in, struct buf *der);

#endif
