/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Security Object, SP 800-73-4 Part 1, 3.1.7 and table 12: which of the
 * card's containers it covers, and the hash of each (ICAO 9303-10, 4.7,
 * LDSSecurityObject), inside a signature that is opened elsewhere.
 */
#ifndef SCS_CARD_PIV_SECOBJ_H
#define SCS_CARD_PIV_SECOBJ_H

#include "base/span.h"

#define PIV_GROUPS_MAX 16 /* data groups of an LDS */

struct piv_secobj {
	struct span map; /* borrowed; 3 bytes a group: number, container */
	struct span cms; /* borrowed; ContentInfo */
};

/*
 * 53 { BA map, BB signature, FE, ... }.
 * ERR_ABSENT: an empty object. ERR_SHORT, ERR_FORMAT: also a map that is not
 * whole, has a group twice or a number that is none.
 */
MUST_CHECK err_t piv_secobj_parse(struct span in, struct piv_secobj *out);

/* The container that a group stands for; 0: the map does not say. */
uint16_t piv_secobj_container(const struct piv_secobj *s, uint8_t group);

enum piv_hash {
	PIV_HASH_SHA1,
	PIV_HASH_SHA224,
	PIV_HASH_SHA256,
	PIV_HASH_SHA384,
	PIV_HASH_SHA512,
};

struct piv_lds {
	enum piv_hash hash;
	size_t n;
	struct {
		uint8_t number; /* 1 to 16 */
		struct span digest; /* borrowed; as long as the hash says */
	} groups[PIV_GROUPS_MAX];
};

/*
 * SEQUENCE { version, hash algorithm, SEQUENCE OF { number, digest }, ... }.
 * ERR_UNSUPPORTED: a hash that we do not know. ERR_LIMIT: more groups than an
 * LDS has. ERR_SHORT, ERR_FORMAT.
 */
MUST_CHECK err_t piv_lds_parse(struct span in, struct piv_lds *out);

/*
 * The container of a data object, SP 800-73-4 Part 1, table 3, as far as we
 * read them; 0: none.
 */
uint16_t piv_container(uint32_t object);

/* What of a whole object its hash is over: the value inside 53 or 7E. */
MUST_CHECK err_t piv_container_data(struct span object, struct span *out);

#endif
