/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a login in which a PIN exists: prompt, form, one presentation
 * with the signature that proves the key, and what to say when it failed.
 *
 * The counter on the card is sacred: what cannot be a PIN is not sent, a PIN
 * that was refused is not sent again, the last try is spent only after a yes,
 * and only by root's programs.
 */
#ifndef SCS_AUTHD_PIN_H
#define SCS_AUTHD_PIN_H

#include "authd/cards.h"
#include "authd/session.h"

struct pin_dialogue {
	struct session *s;
	struct token_client *tokens;
	const struct card *card;
	const struct record *user;
	const char *service;
	bool interactive; /* somebody can be asked again */
	bool first_pass; /* the first PIN comes from an earlier module */
	struct outcome *out; /* why and apdus */
};

/* Ask the caller until the proof is there. VERDICT_OK: it is. */
enum verdict pin_dialogue(struct pin_dialogue *d);

/*
 * Without a dialogue: one presentation of a PIN that is there already; never
 * the last try.
 */
enum verdict pin_once(struct pin_dialogue *d, const struct secret *pin);

#endif
