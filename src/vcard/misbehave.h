/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of misbehaviour: see vcard_misbehave() for what they mean. */
#ifndef SCS_VCARD_MISBEHAVE_H
#define SCS_VCARD_MISBEHAVE_H

#include "base/buf.h"
#include "codec/apdu.h"

#define RULES_MAX 16

struct vcard;

enum rule_value {
	VALUE_NONE,
	VALUE_NUMBER,
	VALUE_HEX
};

struct rule_kind; /* a row of the table in misbehave.c */

struct rule {
	const struct rule_kind *kind;
	uint32_t number; /* VALUE as a number */
	struct buf bytes; /* VALUE as bytes */
	bool by_ins;
	uint8_t ins;
	uint32_t tag; /* 0: any */
	uint32_t at; /* 0: any */
	uint32_t times; /* 0: for ever */
	bool spent;
};

struct misbehaviour {
	struct rule rules[RULES_MAX];
	size_t n;
};

void misbehave_done(struct misbehaviour *m);

/* Before a whole command is carried out. ERR_REMOVED: power is lost. */
MUST_CHECK err_t misbehave_before(struct vcard *c, const struct apdu *cmd);

/* The answer's data and status word, before they are cut into pieces. */
void misbehave_answer(
    struct vcard *c, const struct apdu *cmd, struct buf *data, uint16_t *sw);

/* The raw answer. ERR_REMOVED: power is lost. */
MUST_CHECK err_t misbehave_after(
    struct vcard *c, const struct apdu *cmd, struct buf *resp);

/* NULL: no such kind. */
const struct rule_kind *rule_kind_find(const char *name);
enum rule_value rule_kind_value(const struct rule_kind *k);

/* Fill a rule from text, which is cut up. The caller owns r->bytes. */
MUST_CHECK err_t rule_parse(char *text, struct rule *r);

#endif
