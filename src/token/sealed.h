/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Are a card's objects what its Security Object says? The hashes are compared,
 * the signature over them is not checked: that takes the issuer's certificate
 * and trust in it. So this finds a card that was changed by somebody who did
 * not care, and proves nothing of one that passes. It is told, and decides
 * nothing.
 */
#ifndef SCS_TOKEN_SEALED_H
#define SCS_TOKEN_SEALED_H

#include "base/why.h"
#include "card/piv/secobj.h"

#define SEALED_DIGEST_MAX 64

struct sealed {
	size_t n; /* 0: nothing is covered */
	enum piv_hash hash;
	struct {
		uint16_t container;
		uint8_t digest[SEALED_DIGEST_MAX];
	} parts[PIV_GROUPS_MAX];
};

/*
 * The whole Security Object as GET DATA gives it. A group that its map does not
 * name is left out.
 *
 * ERR_ABSENT  empty; ERR_FORMAT, ERR_SHORT, ERR_UNSUPPORTED, ERR_LIMIT
 */
MUST_CHECK err_t sealed_parse(struct span object, struct sealed *out);

/*
 * Does the whole object under this tag have another hash than its own? An
 * object that is not covered has not.
 */
bool sealed_differs(const struct sealed *s, uint32_t object, struct span whole);

#endif
