/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attributes of one keychain item, in the four-letter names that
 * security(1) prints them with, in a fixed order:
 *
 *	labl tkid toid agrp pkhh klbl kcls type bsiz sign decr drve sha1
 *
 * as far as the class of the item has them.
 */
#ifndef SCS_TOOL_ATTRIBUTES_H
#define SCS_TOOL_ATTRIBUTES_H

#include "base/buf.h"
#include "scs/scs.h"

enum item_class {
	CLASS_CERTS = 1 << 0,
	CLASS_KEYS = 1 << 1,
	CLASS_IDENTITIES = 1 << 2,
};

#define ATTRIBUTES_GROUP "com.apple.token"

enum attribute_kind {
	ATTRIBUTE_TEXT,
	ATTRIBUTE_DATA,
	ATTRIBUTE_NUMBER,
	ATTRIBUTE_BOOL,
};

struct attribute {
	const char *name;
	enum attribute_kind kind;
	const char *text; /* borrowed */
	struct span data; /* borrowed */
	unsigned int number;
};

#define ATTRIBUTES_MAX 16

struct attributes {
	size_t n;
	struct attribute all[ATTRIBUTES_MAX];
	uint8_t slot, sha1[20];
};

/* Does the item belong to that class? */
bool attributes_in_class(const struct scs_item *it, enum item_class class);

/*
 * Strings and bytes are borrowed from the token, item and `out` itself, which
 * must stay where it is. ERR_NOMEM: no SHA-1.
 */
MUST_CHECK err_t attributes_of(const struct scs_token *t,
    const struct scs_item *it, enum item_class class, struct attributes *out);

/* The name in a heading: "certificate". */
const char *attributes_class_name(enum item_class class);

/* The value as security(1) prints it: "text", <ab cd>, 2,048, true. */
void attribute_print(const struct attribute *a, struct buf *out);

#endif
