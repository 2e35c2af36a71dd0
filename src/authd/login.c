/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login, in the order that keeps PINs from cards that are not the user's:
 * policy, cards, user, pairing; only then the PIN. Each step returns
 * VERDICT_OK to go on; any other verdict ends the login, with l->out.why.
 */
#include <stdio.h>
#include <string.h>

#include "authd/cards.h"
#include "authd/pin.h"
#include "authd/session.h"
#include "base/log.h"
#include "policy/policy.h"

struct login {
	struct session *s;
	struct frame_start start;
	struct token_client *tokens; /* owned */
	struct tokens list; /* owned */
	struct cards cards; /* owned */
	struct card *card; /* the one: borrowed from cards */
	struct record user;
	struct outcome out;
};

static void
login_done(struct login *l)
{
	cards_done(&l->cards);
	tokens_done(&l->list);
	token_close(&l->tokens);
}

/* Whom sshd lets in is anybody on the network, though sshd is root's. */
static enum verdict
check_host(struct login *l)
{
	if (policy_is_local(l->start.rhost) ||
	    session_claim(l->s, &l->out.why, "host %s", l->start.rhost) ==
		ERR_OK)
		return VERDICT_OK;
	return VERDICT_SERVICE;
}

/* What may be said before a card is looked at; and again at the end. */
static enum verdict
check_policy(struct login *l)
{
	const struct session *s = l->s;
	struct policy_request r = { .rhost = l->start.rhost,
		.place = s->place,
		.caller = s->peer.uid,
		.privileged = s->privileged };

	if (policy_login(s->d->prefs, &r, &l->out.why) != ERR_OK ||
	    policy_trust(s->d->prefs, &l->out.why) != ERR_OK)
		return VERDICT_REFUSED;
	return VERDICT_OK;
}

static enum verdict
check_caller(struct login *l)
{
	const struct session *s = l->s;
	struct policy_request r = { .rhost = l->start.rhost,
		.place = s->place,
		.caller = s->peer.uid,
		.privileged = s->privileged };

	if (policy_caller(&r, l->user.uid, &l->out.why) != ERR_OK)
		return VERDICT_REFUSED;
	return VERDICT_OK;
}

/* Attribute mapping is asked for and not there: say so, and do without. */
static void
note_attributes(struct login *l)
{
	struct why why = { 0 };
	err_t e = map_wants_attributes(l->s->d->prefix, &why);

	if (e == ERR_OK)
		log_warning(
		    "/etc/SmartcardLogin.plist has an AttributeMapping, "
		    "which this version does not evaluate: only fixed "
		    "pairings count");
	else if (e != ERR_ABSENT)
		log_warning("%s: only fixed pairings count", why_text(&why, e));
}

/*
 * The user's card: the first that may be used; if none of his may, the first
 * of them, with the reason.
 */
static struct card *
pick(struct login *l)
{
	struct card *refused = NULL, *c;

	for (size_t i = 0; i < l->cards.hashes_n; i++) {
		if (!record_paired(&l->user, &l->cards.hashes[i]))
			continue;
		c = &l->cards.all[l->cards.owner[i]];
		if (c->refused == ERR_OK)
			return c;
		if (refused == NULL)
			refused = c;
	}
	return refused;
}

static enum verdict
use_card(struct login *l, struct card *c)
{
	(void)snprintf(
	    l->out.token_id, sizeof(l->out.token_id), "%s", c->token->id);
	if (c->refused != ERR_OK) {
		l->out.why = c->why;
		return VERDICT_REFUSED;
	}
	l->card = c;
	return VERDICT_OK;
}

/* No card is this user's. If one of them could not even be examined, why. */
static enum verdict
no_pairing(struct login *l, const char *whose)
{
	for (size_t i = 0; i < l->cards.n; i++) {
		const struct card *c = &l->cards.all[i];

		if (!c->has_hash)
			(void)why_add(&l->out.why, c->refused,
			    "card \"%s\": %s", c->token->id,
			    why_text(&c->why, c->refused));
	}
	(void)why_add(&l->out.why, ERR_ABSENT,
	    "%s (an administrator can pair one: sc_auth pair)", whose);
	session_still_reading(l->s, &l->out.why);
	return VERDICT_NOT_PAIRED;
}

/* The user was named: which of the cards is his? */
static enum verdict
card_of_user(struct login *l, const char *name)
{
	struct card *c;
	enum verdict v;
	err_t e;

	e = record_read(l->s->d->prefix, name, &l->user, &l->out.why);
	if (e == ERR_ABSENT)
		return VERDICT_NOT_PAIRED;
	if (e == ERR_NOMEM)
		return VERDICT_INTERNAL;
	if (e != ERR_OK)
		return VERDICT_REFUSED; /* a record nobody can rely on */
	memcpy(l->out.user, l->user.name, sizeof(l->out.user));
	if ((v = check_caller(l)) != VERDICT_OK)
		return v;
	if ((c = pick(l)) == NULL)
		return no_pairing(
		    l, "the inserted card is not paired with this user");
	return use_card(l, c);
}

static enum verdict
choose(struct login *l, const struct map_match *m, size_t n, size_t *index)
{
	CLEANUP(msg_done) struct msg ask, answer;

	msg_init(&ask, AUTH_CHOICE);
	msg_init(&answer, 0);
	frame_users_build(m, n, AUTH_CHOICE, &ask);
	if (session_send(l->s, &ask) != ERR_OK ||
	    session_recv(l->s, &answer) != ERR_OK ||
	    frame_choose_parse(&answer, n, index) != ERR_OK) {
		(void)why_add(&l->out.why, ERR_SEQUENCE,
		    "the caller did not choose among the users");
		return VERDICT_REFUSED;
	}
	return VERDICT_OK;
}

/* The user was not named: whose are the cards? */
static enum verdict
user_of_cards(struct login *l)
{
	const struct map_source from = { .prefix = l->s->d->prefix,
		.index = l->s->d->index };
	struct map_match m[MAP_USERS_MAX];
	size_t n = 0, i = 0;
	enum verdict v;
	err_t e;

	e = map_users(
	    &from, l->cards.hashes, l->cards.hashes_n, m, &n, &l->out.why);
	if (e == ERR_ABSENT)
		return no_pairing(
		    l, "the inserted card is not paired with any user");
	if (e != ERR_OK)
		return e == ERR_NOMEM ? VERDICT_INTERNAL : VERDICT_REFUSED;
	if (n > 1 && (l->start.flags & AUTH_INTERACTIVE) == 0) {
		(void)why_add(&l->out.why, ERR_DENIED,
		    "the cards that are there belong to %zu users, and nobody "
		    "can be asked: name the user",
		    n);
		return VERDICT_REFUSED;
	}
	if (n > 1 && (v = choose(l, m, n, &i)) != VERDICT_OK)
		return v;
	return card_of_user(l, m[i].user);
}

/*
 * A caller that is not root speaks for itself alone: so the user is known, and
 * of others it learns nothing, not even who exists. Two names of one uid are one
 * user: whether the name asked for is the caller's is seen by its uid.
 */
static enum verdict
own_card(struct login *l)
{
	char own[RECORD_NAME_MAX];
	uid_t uid = 0;

	if (record_name_of(l->s->peer.uid, own) != ERR_OK) {
		(void)why_add(&l->out.why, ERR_ABSENT,
		    "the calling user is not in the passwd database");
		return VERDICT_REFUSED;
	}
	if (l->start.user[0] == '\0' || strcmp(l->start.user, own) == 0)
		return card_of_user(l, own);
	if (record_uid_of(l->start.user, &uid) == ERR_OK &&
	    uid == l->s->peer.uid)
		return card_of_user(l, l->start.user);
	(void)why_add(&l->out.why, ERR_DENIED,
	    "only root's programs may authenticate another user");
	return VERDICT_REFUSED;
}

static enum verdict
find_user(struct login *l)
{
	if (!l->s->privileged)
		return own_card(l);
	if (l->start.user[0] != '\0')
		return card_of_user(l, l->start.user);
	return user_of_cards(l);
}

/* A person thought about the PIN for a while: is all that still so? */
static enum verdict
confirm(struct login *l)
{
	struct record now;

	prefs_reload(l->s->d->prefs);
	if (record_read(l->s->d->prefix, l->user.name, &now, &l->out.why) !=
		ERR_OK ||
	    now.uid != l->user.uid || !record_paired(&now, &l->card->hash)) {
		(void)why_add(&l->out.why, ERR_DENIED,
		    "the user is no longer paired with the card");
		return VERDICT_REFUSED;
	}
	return check_policy(l);
}

static enum verdict
decide(struct login *l)
{
	struct pin_dialogue d = { .s = l->s, .out = &l->out };
	enum verdict v;

	if ((v = check_policy(l)) != VERDICT_OK ||
	    (v = check_host(l)) != VERDICT_OK)
		return v;
	note_attributes(l);
	v = session_cards(l->s, &l->tokens, &l->list, &l->cards, &l->out.why);
	if (v != VERDICT_OK || (v = find_user(l)) != VERDICT_OK)
		return v;
	d.tokens = l->tokens;
	d.card = l->card;
	d.user = &l->user;
	d.service = l->start.service;
	d.interactive = (l->start.flags & AUTH_INTERACTIVE) != 0;
	d.first_pass = (l->start.flags & AUTH_HAVE_PIN) != 0;
	if ((v = pin_dialogue(&d)) != VERDICT_OK)
		return v;
	return confirm(l);
}

static void
report(struct login *l)
{
	CLEANUP(msg_done) struct msg m;
	struct outcome *o = &l->out;
	const char *reason = o->why.text[0] != '\0' ? o->why.text
	    : o->verdict == VERDICT_OK ? "the card has proved the key"
				       : verdict_text(o->verdict);
	char apdus[32] = "";
	struct frame_result r = { .verdict = o->verdict,
		.user = o->user,
		.reason = reason,
		.token_id = o->token_id,
		.apdus = o->apdus };

	if (o->apdus != 0xffff)
		(void)snprintf(
		    apdus, sizeof(apdus), ", with %u APDUs", o->apdus);
	log_notice("login: user \"%s\" service \"%s\" tty \"%s\" from \"%s\" "
		   "caller %u token \"%s\": %s: %s%s",
	    o->user[0] != '\0' ? o->user : l->start.user, l->start.service,
	    l->start.tty, l->start.rhost, (unsigned int)l->s->peer.uid,
	    o->token_id, verdict_text(o->verdict), reason, apdus);
	msg_init(&m, AUTH_RESULT);
	frame_result_build(&r, &m);
	if (session_send(l->s, &m) != ERR_OK)
		log_warning("the caller did not take the result");
}

enum verdict
login_run(struct session *s, struct msg *m)
{
	CLEANUP(login_done) struct login l = { .s = s, .out.apdus = 0xffff };
	err_t e;

	if ((e = frame_start_parse(m, &l.start)) != ERR_OK) {
		log_warning("caller %u: malformed request: %s",
		    (unsigned int)s->peer.uid, err_text(e));
		return VERDICT_INTERNAL;
	}
	l.out.verdict = decide(&l);
	if (l.out.verdict == VERDICT_OK)
		l.out.why = (struct why){ 0 };
	report(&l);
	return l.out.verdict;
}
