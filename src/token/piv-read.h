/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One reading of a PIV card: its objects, each compared with the Security
 * Object as it comes. Shared by piv-token.c (slots) and piv-read.c (the rest).
 */
#ifndef SCS_TOKEN_PIV_READ_H
#define SCS_TOKEN_PIV_READ_H

#include "card/piv/piv.h"
#include "token/sealed.h"
#include "token/token.h"

struct piv_read {
	struct piv *piv; /* borrowed */
	struct token *token; /* borrowed */
	struct sealed sealed;
	char differ[TOKEN_PROBLEM_MAX]; /* "CHUID, 9A" */
};

/*
 * Failures that are the card's as a whole: nothing after them can be read.
 * Everything else is one object's.
 */
bool piv_read_fatal(err_t e);

/* GET DATA. `name` is what the object is called if it is not as sealed. */
MUST_CHECK err_t piv_read_object(struct piv_read *r, uint32_t object,
    const char *name, struct buf *out, struct why *why);

/*
 * The objects that are not certificates. Each fails only as piv_read_fatal()
 * has it; what is missing or malformed becomes a problem of the token.
 */
MUST_CHECK err_t piv_read_security(struct piv_read *r);
MUST_CHECK err_t piv_read_discovery(struct piv_read *r);

/* The id, if it has a GUID; `obj` gets the whole object, for who makes one. */
MUST_CHECK err_t piv_read_chuid(
    struct piv_read *r, struct buf *obj, struct why *why);

/* When all is read: tell what differs from the Security Object. */
void piv_read_end(struct piv_read *r);

/* `com.apple.pivtoken:` and 16 bytes in hexadecimal. */
void piv_read_put_id(struct token *t, const uint8_t id[16]);

#endif
