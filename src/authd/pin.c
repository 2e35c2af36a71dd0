/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/pin.h"

#include <stdio.h>
#include <string.h>

#include "authd/proof.h"
#include "keychain/alone.h"

#define SLOT_PIV_AUTH 0x9a

struct state {
	struct pin_dialogue *d;
	uint8_t tries; /* left on the card, or TOKEN_TRIES_UNKNOWN */
	struct secret *refused[AUTH_TRIES]; /* owned */
	size_t refused_n;
	char message[AUTH_TEXT_MAX]; /* for the next prompt */
	struct why why; /* of the last failure */
};

static void
state_done(struct state *st)
{
	for (size_t i = 0; i < st->refused_n; i++)
		secret_free(&st->refused[i]);
}

static enum verdict
end(struct state *st, enum verdict v, const char *why)
{
	(void)why_add(&st->d->out->why, ERR_DENIED, "%s", why);
	return v;
}

/* May this presentation take place at all? */
static enum verdict
check_tries(struct state *st)
{
	if (st->tries == 0)
		return end(st, VERDICT_BLOCKED,
		    "the card's PIN is blocked; it can be unblocked with the "
		    "PUK");
	if (st->tries == 1 && !st->d->s->privileged)
		return end(st, VERDICT_REFUSED,
		    "only one PIN try is left, which only root's programs may "
		    "spend");
	return VERDICT_OK;
}

/*
 * What a person calls the card, as its certificate is called in every list. The
 * role is what we have checked and the name what our own child has read: the
 * card's worker has no say in what a PIN is asked for with.
 */
static void
label(const struct card *c, char out[AUTH_TEXT_MAX])
{
	const char *cn = c->facts.cn;

	if (c->item->slot != SLOT_PIV_AUTH)
		(void)snprintf(out, AUTH_TEXT_MAX, "%s",
		    cn[0] != '\0' ? cn : c->token->id);
	else
		(void)snprintf(out, AUTH_TEXT_MAX,
		    "Certificate For PIV Authentication%s%s%s",
		    cn[0] != '\0' ? " (" : "", cn, cn[0] != '\0' ? ")" : "");
}

static enum verdict
prompt(struct state *st, bool *yes, struct secret **pin)
{
	CLEANUP(msg_done) struct msg ask, answer;
	char name[AUTH_TEXT_MAX];
	struct frame_prompt p = { .user = st->d->user->name,
		.label = name,
		.message = st->message,
		.tries = st->tries,
		.last = st->tries == 1 };
	err_t e;

	label(st->d->card, name);
	msg_init(&ask, AUTH_PROMPT);
	msg_init(&answer, 0);
	frame_prompt_build(&p, &ask);
	if ((e = session_send(st->d->s, &ask)) ||
	    (e = session_recv(st->d->s, &answer)) ||
	    (e = frame_pin_parse(&answer, yes, pin)))
		return end(st, VERDICT_REFUSED,
		    e == ERR_TIMEOUT ? "no PIN was entered in time"
				     : "the caller gave no PIN");
	st->message[0] = '\0';
	return VERDICT_OK;
}

/* No PIN to a card that has a copy, now (keychain/alone.h). */
static enum verdict
check_alone(struct state *st)
{
	CLEANUP(tokens_done) struct tokens now = { 0 };
	const struct card *c = st->d->card;
	struct why *why = &st->d->out->why;
	char reader[TOKEN_READER_MAX];

	if (token_settled(st->d->tokens, reader, why) != ERR_OK ||
	    token_list(st->d->tokens, &now, why) != ERR_OK)
		return VERDICT_SERVICE;
	if (token_alone(now.all, now.n, c->token->insertion, c->token->reader,
		SPAN_OF(c->hash.b), why) != ERR_OK)
		return VERDICT_REFUSED;
	return VERDICT_OK;
}

static bool
was_refused(const struct state *st, const struct secret *pin)
{
	for (size_t i = 0; i < st->refused_n; i++) {
		if (secret_eq(st->refused[i], pin))
			return true;
	}
	return false;
}

/* Not to be sent: the reason, for the next prompt and the result. */
static bool
is_unfit(struct state *st, const struct secret *pin)
{
	struct why why = { 0 };

	if (card_pin_form(st->d->card->token, pin, &why) != ERR_OK) {
		st->why = why;
	} else if (was_refused(st, pin)) {
		(void)why_add(&why, ERR_PIN_WRONG,
		    "the card refused this PIN before; it was not sent again");
		st->why = why;
	} else {
		return false;
	}
	(void)snprintf(st->message, sizeof(st->message), "%s", st->why.text);
	return true;
}

/*
 * One presentation, one signature, checked with the key whose hash is paired.
 * Afterwards st->tries is what the card said.
 */
static err_t
present(struct state *st, const struct secret *pin, bool last_ok, bool *proven)
{
	struct pin_dialogue *d = st->d;
	const struct card *c = d->card;
	struct proof_for what = { .uid = (uint32_t)d->user->uid,
		.service = d->service,
		.cert = span_from(c->item->cert, c->item->cert_len) };
	struct proof proof;
	struct token_sign req = { .insertion = c->token->insertion,
		.slot = c->item->slot,
		.pin = pin,
		.last_try_ok = last_ok };
	struct token_signed got = { .sig = BUF_INIT(1024) };
	err_t e;

	*proven = false;
	memcpy(what.machine, d->s->d->machine, sizeof(what.machine));
	if ((e = proof_make(&what, &c->key, &proof)))
		return e;
	req.mech = proof.mech;
	req.data = span_from(proof.data, proof.data_n);
	e = token_verify_sign(d->tokens, &req, &got, &st->why);
	if (e == ERR_OK) {
		*proven =
		    proof_check(&proof, &c->key, buf_span(&got.sig)) == ERR_OK;
		d->out->apdus = got.apdus;
	} else {
		st->tries = got.tries;
	}
	buf_done(&got.sig);
	return e;
}

static void
remember(struct state *st, struct secret **pin)
{
	if (st->refused_n < AUTH_TRIES)
		st->refused[st->refused_n++] = TAKE(*pin);
}

static void
say_rejected(struct state *st)
{
	if (st->tries == TOKEN_TRIES_UNKNOWN)
		(void)snprintf(st->message, sizeof(st->message),
		    "the card rejected the PIN");
	else
		(void)snprintf(st->message, sizeof(st->message),
		    "the card rejected the PIN, %u %s left",
		    (unsigned int)st->tries, st->tries == 1 ? "try" : "tries");
	st->why = (struct why){ 0 };
	(void)why_add(&st->why, ERR_PIN_WRONG, "%s", st->message);
}

/* The card took the PIN and gave something else than a signature. */
static bool
is_no_signature(err_t e)
{
	return e == ERR_FORMAT || e == ERR_SHORT || e == ERR_LIMIT;
}

static enum verdict
no_proof(struct state *st, const char *what)
{
	(void)why_add(
	    &st->d->out->why, ERR_DENIED, "no proof of possession: %s", what);
	return VERDICT_REFUSED;
}

/*
 * Present it, and tell the caller of this function whether to ask again
 * (*again) or to end with the verdict.
 */
static enum verdict
attempt(struct state *st, struct secret **pin, bool last_ok, bool *again)
{
	bool proven;
	err_t e;

	*again = false;
	st->why = (struct why){ 0 };
	e = present(st, *pin, last_ok, &proven);
	if (e == ERR_OK && proven)
		return VERDICT_OK;
	if (e == ERR_OK)
		return no_proof(st,
		    "the card's signature is not of the key in its "
		    "certificate");
	if (is_no_signature(e))
		return no_proof(st, why_text(&st->why, e));
	if (e == ERR_PIN_WRONG || e == ERR_PIN_BLOCKED)
		st->d->s->pin_refused = true;
	if (e == ERR_PIN_WRONG) {
		remember(st, pin);
		say_rejected(st);
		if (st->tries == 0)
			return end(st, VERDICT_BLOCKED,
			    "the card rejected the PIN, which is blocked now");
		/* a card that does not count aloud: the next may be the last */
		if (st->tries == TOKEN_TRIES_UNKNOWN)
			return end(st, VERDICT_WRONG_PIN, st->message);
		*again = true;
		return VERDICT_WRONG_PIN;
	}
	/* a try was lost elsewhere meanwhile; the card was not asked */
	if (e == ERR_DENIED && st->tries == 1 && !last_ok) {
		(void)snprintf(st->message, sizeof(st->message),
		    "only one try is left; the PIN was not sent");
		*again = true;
		return VERDICT_NO_CONSENT;
	}
	return end(st, verdict_of_token(e), why_text(&st->why, e));
}

/* One round: prompt, checks, presentation. */
static enum verdict
once(struct state *st, bool *again)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	bool yes, last = st->tries == 1;
	enum verdict v;

	*again = false;
	if ((v = check_tries(st)) != VERDICT_OK ||
	    (v = prompt(st, &yes, &pin)) != VERDICT_OK)
		return v;
	if (last && !yes)
		return end(st, VERDICT_NO_CONSENT,
		    "only one PIN try is left, and spending it was not "
		    "confirmed");
	if (is_unfit(st, pin)) {
		*again = true;
		return VERDICT_WRONG_PIN;
	}
	if ((v = check_alone(st)) != VERDICT_OK)
		return v;
	return attempt(st, &pin, last && yes, again);
}

static enum verdict
start(struct state *st)
{
	struct pin_dialogue *d = st->d;
	enum verdict v;
	err_t e;

	if ((v = check_alone(st)) != VERDICT_OK)
		return v;
	e = token_tries(
	    d->tokens, d->card->token->insertion, &st->tries, &d->out->why);
	return e == ERR_OK ? VERDICT_OK : verdict_of_token(e);
}

enum verdict
pin_dialogue(struct pin_dialogue *d)
{
	CLEANUP(state_done) struct state st = { .d = d };
	bool again = true, first = d->first_pass;
	enum verdict v;
	int rounds = 0;

	if ((v = start(&st)) != VERDICT_OK)
		return v;
	while (again && rounds < AUTH_TRIES) {
		v = once(&st, &again);
		/* an earlier module's password is nobody's try here, unless
		 * the card has seen it */
		if (!first || st.refused_n > 0)
			rounds++;
		first = false;
		if (again && !d->interactive)
			break;
	}
	if (again) /* no more rounds: the last failure is the result */
		(void)why_add(&d->out->why, ERR_PIN_WRONG, "%s",
		    st.message[0] != '\0' ? st.message : st.why.text);
	return v;
}

enum verdict
pin_once(struct pin_dialogue *d, const struct secret *pin)
{
	CLEANUP(state_done) struct state st = { .d = d };
	CLEANUP(secret_free) struct secret *copy = NULL;
	bool again;
	enum verdict v;

	if ((v = start(&st)) != VERDICT_OK ||
	    (v = check_tries(&st)) != VERDICT_OK)
		return v;
	if (st.tries == 1)
		return end(&st, VERDICT_NO_CONSENT,
		    "only one PIN try is left; it is not spent on a check");
	if (is_unfit(&st, pin))
		return end(&st, VERDICT_WRONG_PIN, st.message);
	if (secret_from(secret_span(pin), &copy) != ERR_OK)
		return end(&st, VERDICT_INTERNAL, "no memory for a secret");
	v = attempt(&st, &copy, false, &again);
	return again ? end(&st, v, st.message) : v;
}
