/* SPDX-License-Identifier: BSD-2-Clause */
/* The tokens of this machine for a command, over libscs, with its words. */
#ifndef SCS_TOOL_CARDS_H
#define SCS_TOOL_CARDS_H

#include "base/why.h"
#include "scs/scs.h"
#include "tool/json.h"

struct cards {
	struct scs *scs; /* owned */
	const struct scs_token *all; /* borrowed from it */
	size_t n;
};

/* Connect and list. ERR_SERVICE and the like, with the reason in `why`. */
MUST_CHECK err_t cards_open(
    const char *prefix, struct cards *out, struct why *why);
/* The same, once no card is being read any more: for who asks for a PIN. */
MUST_CHECK err_t cards_open_all(
    const char *prefix, struct cards *out, struct why *why);
void cards_done(struct cards *c); /* CLEANUP(cards_done) */

/*
 * The one token that is meant, for what must not happen to another: the one
 * with this id or, if `id` is NULL, the only one there is. ERR_ABSENT: none.
 * ERR_SEQUENCE: several, which nobody can tell apart by what was given.
 */
MUST_CHECK err_t cards_pick(const struct cards *c, const char *id,
    const struct scs_token **out, struct why *why);

/* A certificate and its private key, which is what lists count as a card. */
bool cards_is_identity(const struct scs_item *it);
bool cards_has_identity(const struct scs_token *t);

/* What it lacks and what that prevents: a line each on standard error. */
void cards_say_problems(const struct scs_token *t);

/* The same as a member "problems" of `o`. */
void cards_add_problems(
    struct json *j, json_object *o, const struct scs_token *t);

/* What a call of libscs said, as our error with its reason in `why`. */
MUST_CHECK err_t cards_result(
    const struct cards *c, int result, struct why *why);

#endif
