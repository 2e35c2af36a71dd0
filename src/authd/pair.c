/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sc_auth asks: may this key be paired with this user, and who is paired
 * with it? The record itself is written by sc_auth, as root.
 */
#include <stdio.h>
#include <string.h>

#include "authd/cards.h"
#include "authd/pin.h"
#include "authd/session.h"
#include "base/log.h"
#include "policy/policy.h"

#define PAIR_SERVICE "pairing"

struct pairing {
	struct session *s;
	struct frame_pair asked;
	struct secret *pin; /* owned, or NULL */
	struct token_client *tokens; /* owned */
	struct tokens list; /* owned */
	struct cards cards; /* owned */
	struct card *card;
	struct record user;
	struct outcome out;
	uint8_t notes;
};

static void
pairing_done(struct pairing *p)
{
	secret_free(&p->pin);
	cards_done(&p->cards);
	tokens_done(&p->list);
	token_close(&p->tokens);
}

static enum verdict
refuse(struct pairing *p, const char *why)
{
	(void)why_add(&p->out.why, ERR_DENIED, "%s", why);
	return VERDICT_REFUSED;
}

static enum verdict
check_user(struct pairing *p)
{
	size_t others;
	err_t e;

	e = record_read(p->s->d->prefix, p->asked.user, &p->user, &p->out.why);
	if (e != ERR_OK)
		return VERDICT_REFUSED;
	memcpy(p->out.user, p->user.name, sizeof(p->out.user));
	others = p->user.pairings_n;
	if (record_paired(&p->user, &p->asked.hash))
		others = 0; /* pairing it again adds none */
	if (policy_trust(p->s->d->prefs, &p->out.why) != ERR_OK ||
	    policy_pair(p->s->d->prefs, others, &p->out.why) != ERR_OK)
		return VERDICT_REFUSED;
	return VERDICT_OK;
}

/* No login key has this hash: if another key of a card has, say so. */
static enum verdict
not_found(struct pairing *p)
{
	for (size_t t = 0; t < p->list.n; t++) {
		const struct scs_token *k = &p->list.all[t];

		for (size_t i = 0; i < k->items_n; i++) {
			if (!item_has_hash(&k->items[i], &p->asked.hash))
				continue;
			(void)why_add(&p->out.why, ERR_DENIED,
			    "that is the key %02X of card \"%s\"; only the "
			    "login key (PIV: 9A) can be paired",
			    k->items[i].slot, k->id);
			return VERDICT_REFUSED;
		}
	}
	(void)why_add(
	    &p->out.why, ERR_ABSENT, "no card with that key is inserted");
	session_still_reading(p->s, &p->out.why);
	return VERDICT_NO_CARD;
}

static enum verdict
find_card(struct pairing *p)
{
	enum verdict v;

	v = session_cards(p->s, &p->tokens, &p->list, &p->cards, &p->out.why);
	if (v != VERDICT_OK)
		return v;
	for (size_t i = 0; i < p->cards.n; i++) {
		struct card *c = &p->cards.all[i];

		if (!c->has_hash || !pkhh_eq(&c->hash, &p->asked.hash))
			continue;
		(void)snprintf(p->out.token_id, sizeof(p->out.token_id), "%s",
		    c->token->id);
		if (c->refused != ERR_OK) {
			p->out.why = c->why;
			return VERDICT_REFUSED;
		}
		p->card = c;
		return VERDICT_OK;
	}
	return not_found(p);
}

/* A key that signs for anybody who holds the card is no login key. */
static enum verdict
probe(struct pairing *p)
{
	bool signs = true;
	err_t e;

	e = token_probe(p->tokens, p->card->token->insertion,
	    p->card->item->slot, &signs, &p->out.why);
	if (e != ERR_OK)
		return verdict_of_token(e);
	if (signs)
		return refuse(p,
		    "the login key signs without the PIN: whoever "
		    "finds the card could log in");
	return VERDICT_OK;
}

static enum verdict
prove(struct pairing *p)
{
	struct pin_dialogue d = { .s = p->s,
		.tokens = p->tokens,
		.card = p->card,
		.user = &p->user,
		.service = PAIR_SERVICE,
		.out = &p->out };

	return p->pin == NULL ? VERDICT_OK : pin_once(&d, p->pin);
}

static enum verdict
check(struct pairing *p)
{
	enum verdict v;

	if (!p->s->privileged)
		return refuse(p, "only root may pair");
	if ((v = check_user(p)) != VERDICT_OK ||
	    (v = find_card(p)) != VERDICT_OK || (v = probe(p)) != VERDICT_OK ||
	    (v = prove(p)) != VERDICT_OK)
		return v;
	if (!card_has_keyring_key(p->card->token))
		p->notes |= PAIR_NO_KEYRING_KEY;
	/* sc_auth looks again when it writes */
	if (prefs_bool(p->s->d->prefs, PREF_ONE_CARD_PER_USER))
		p->notes |= PAIR_ONE_CARD;
	return VERDICT_OK;
}

enum verdict
pair_check_run(struct session *s, struct msg *m)
{
	CLEANUP(pairing_done) struct pairing p = { .s = s };
	CLEANUP(msg_done) struct msg answer = { 0 };
	char hex[2 * PKHH_SIZE + 1];
	const char *reason;
	err_t e;

	if ((e = frame_pair_parse(m, &p.asked, &p.pin)) != ERR_OK) {
		log_warning("caller %u: malformed request: %s",
		    (unsigned int)s->peer.uid, err_text(e));
		return VERDICT_INTERNAL;
	}
	p.out.verdict = check(&p);
	if (p.out.verdict == VERDICT_OK)
		p.out.why = (struct why){ 0 };
	reason = p.out.why.text[0] != '\0' ? p.out.why.text
					   : verdict_text(p.out.verdict);
	pkhh_print(&p.asked.hash, hex);
	log_notice("pair check: user \"%s\" hash %s caller %u token \"%s\": "
		   "%s: %s",
	    p.asked.user, hex, (unsigned int)s->peer.uid, p.out.token_id,
	    verdict_text(p.out.verdict), reason);
	msg_init(&answer, AUTH_PAIR_RESULT);
	buf_put_u16(&answer.body, (uint16_t)p.out.verdict);
	msg_put_str(&answer.body, reason);
	msg_put_str(
	    &answer.body, p.card != NULL ? p.card->item->cert_label : "");
	buf_put_u8(&answer.body, p.notes);
	if (session_send(s, &answer) != ERR_OK)
		log_warning("the caller did not take the result");
	return p.out.verdict;
}

/* To whoever asks: the records say it to everybody who can read a file. */
enum verdict
user_of_run(struct session *s, struct msg *m)
{
	CLEANUP(msg_done) struct msg answer = { 0 };
	const struct map_source from = { .prefix = s->d->prefix,
		.index = s->d->index };
	struct map_match found[MAP_USERS_MAX];
	struct why why = { 0 };
	struct pkhh h;
	size_t n = 0;
	err_t e;

	if ((e = frame_user_of_parse(m, &h)) != ERR_OK) {
		log_warning("caller %u: malformed request: %s",
		    (unsigned int)s->peer.uid, err_text(e));
		return VERDICT_INTERNAL;
	}
	e = map_users(&from, &h, 1, found, &n, &why);
	if (e != ERR_OK && e != ERR_ABSENT) {
		log_warning("users of a key: %s", why_text(&why, e));
		return VERDICT_INTERNAL;
	}
	msg_init(&answer, 0);
	frame_users_build(found, n, AUTH_USERS, &answer);
	return session_send(s, &answer) == ERR_OK ? VERDICT_OK
						  : VERDICT_INTERNAL;
}
