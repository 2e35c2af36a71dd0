/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/dialogue.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ipc/auth-answer.h"
#include "ipc/msg.h"
#include "login/pam/pins.h"
#include "login/pam/words.h"

#define START_TIMEOUT_S 30 /* no card is asked for a PIN before AUTH_PROMPT */

struct dialogue {
	int fd;
	const struct login *login;
	const struct person *person;
	struct outcome *out;
	struct why *why;
	struct pins pins;
	bool chosen; /* AUTH_CHOICE was answered */
	bool done; /* out->verdict is final */
};

static err_t
end(struct dialogue *d, enum verdict v, const char *reason)
{
	d->out->verdict = v;
	(void)snprintf(d->out->reason, sizeof(d->out->reason), "%s", reason);
	d->done = true;
	return ERR_OK;
}

static err_t
tell(struct dialogue *d, bool bad, const char *text)
{
	if (!d->login->interactive)
		return ERR_OK;
	d->out->talked = true;
	return d->person->tell(d->person->ctx, bad, text);
}

static err_t
ask(struct dialogue *d, const char *prompt, char *out, size_t cap)
{
	d->out->talked = true;
	return d->person->ask(d->person->ctx, prompt, out, cap);
}

/* A frame to the service. A service that does not read is not there. */
static err_t
send_frame(struct dialogue *d, const struct msg *m)
{
	err_t e = msg_send(
	    d->fd, m, deadline_in((uint64_t)d->login->timeout_s * 1000));

	if (e == ERR_REMOVED || e == ERR_IO)
		return why_add(
		    d->why, ERR_SERVICE, "scs-authd closed the connection");
	return e;
}

static err_t
recv_frame(struct dialogue *d, struct msg *m)
{
	unsigned int wait = d->login->timeout_s;
	err_t e;

	if (pins_sent(&d->pins) == 0 && wait > START_TIMEOUT_S)
		wait = START_TIMEOUT_S;
	e = msg_recv(d->fd, m, deadline_in((uint64_t)wait * 1000));
	if (e == ERR_REMOVED || e == ERR_SHORT || e == ERR_IO)
		return why_add(d->why, ERR_SERVICE,
		    "scs-authd closed the connection before its verdict");
	if (e == ERR_TIMEOUT)
		return why_add(d->why, e,
		    "scs-authd gave no answer within %u seconds", wait);
	if (e == ERR_OK && m->secret != NULL)
		return why_add(d->why, ERR_SEQUENCE, "a secret from scs-authd");
	if (e == ERR_LIMIT)
		return why_add(d->why, e, "scs-authd sent what is no frame");
	return e;
}

static err_t
send_start(struct dialogue *d)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	const struct login *l = d->login;
	const char *items[] = { l->service, l->user, l->rhost, l->tty };
	uint8_t flags = 0;
	err_t e;

	msg_init(&m, AUTH_START);
	for (size_t i = 0; i < nitems(items); i++) {
		struct span s = span_str(items[i]);

		if (s.n >= AUTH_NAME_MAX || !text_ok(s))
			return why_add(d->why, ERR_ABSENT,
			    "service, user, host or terminal is no text");
		msg_put_bytes(&m.body, s);
	}
	if (l->interactive)
		flags |= AUTH_INTERACTIVE;
	if (l->first_pin != NULL)
		flags |= AUTH_HAVE_PIN;
	buf_put_u8(&m.body, flags);
	if ((e = buf_status(&m.body)))
		return e;
	return send_frame(d, &m);
}

/* AUTH_CHOICE: several users have this card. */
static err_t
on_choice(struct dialogue *d, struct span body)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct answer_users c;
	char prompt[WORDS_CHOICE_MAX], text[AUTH_NAME_MAX] = "";
	unsigned int index;
	err_t e;

	if (d->chosen || !d->login->interactive || pins_sent(&d->pins) > 0 ||
	    d->out->user[0] != '\0')
		return why_add(d->why, ERR_SEQUENCE, "a choice out of turn");
	if ((e = answer_choice(body, &c)))
		return e;
	words_choice(&c, prompt);
	if ((e = ask(d, prompt, text, sizeof(text))) && e != ERR_LIMIT)
		return e;
	if (e == ERR_LIMIT || !words_chosen(&c, text, &index))
		return end(d, VERDICT_NO_CONSENT, "none of the users chosen");
	d->chosen = true;
	memcpy(d->out->user, c.users[index], sizeof(d->out->user));

	msg_init(&m, AUTH_CHOOSE);
	buf_put_u16(&m.body, (uint16_t)index);
	if ((e = buf_status(&m.body)))
		return e;
	return send_frame(d, &m);
}

/* The last try of a card is spent only after an explicit yes. */
static err_t
consent(struct dialogue *d, bool *yes)
{
	char text[16] = "";
	err_t e = ask(d, WORDS_LAST_TRY, text, sizeof(text));

	if (e != ERR_OK && e != ERR_LIMIT)
		return e;
	*yes = e == ERR_OK && words_yes(text);
	return ERR_OK;
}

/* Ask until there is a PIN that may be sent; d->done when there will be none. */
static err_t
ask_pin(struct dialogue *d, const struct answer_prompt *p, struct secret **pin)
{
	CLEANUP(secret_free) struct secret *typed = NULL;
	char prompt[WORDS_PROMPT_MAX];
	err_t e;

	words_prompt(p->label, prompt);
	while (pins_turn(&d->pins)) {
		secret_free(&typed);
		d->out->talked = true;
		e = d->person->ask_pin(d->person->ctx, prompt, &typed);
		if (e == ERR_OK && typed == NULL)
			return end(d, VERDICT_NO_CONSENT, "no PIN was entered");
		if (e == ERR_OK && !pins_was_sent(&d->pins, typed)) {
			*pin = TAKE(typed);
			return ERR_OK;
		}
		if (e != ERR_OK && e != ERR_PIN_FORM)
			return e;
		if ((e = tell(d, true, e ? WORDS_TOO_LONG : WORDS_SAME_PIN)))
			return e;
	}
	return end(d, VERDICT_WRONG_PIN, "no more tries in this login");
}

/* Which PIN answers this prompt, if any. */
static err_t
choose_pin(struct dialogue *d, const struct answer_prompt *p,
    struct secret **pin, bool *yes)
{
	err_t e;

	if (pins_sent(&d->pins) == 0 && d->login->first_pin != NULL &&
	    !p->last) {
		if (!pins_turn(&d->pins))
			return ERR_SEQUENCE;
		d->out->first_pin_used = true;
		return secret_from(secret_span(d->login->first_pin), pin);
	}
	if (!d->login->interactive) {
		if (p->last && d->login->first_pin != NULL)
			return end(d, VERDICT_NO_CONSENT,
			    "only one PIN try is left, and nobody to ask");
		return why_add(
		    d->why, ERR_PIN_NEEDED, "no earlier module left a PIN");
	}
	if (p->last) {
		if ((e = consent(d, yes)))
			return e;
		if (!*yes)
			return end(d, VERDICT_NO_CONSENT,
			    "the last PIN try was not confirmed");
	}
	return ask_pin(d, p, pin);
}

static err_t
send_pin(struct dialogue *d, struct secret **pin, bool yes)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t e;

	msg_init(&m, AUTH_PIN);
	buf_put_u8(&m.body, yes ? 1 : 0);
	if ((e = buf_status(&m.body)) || (e = pins_add(&d->pins, *pin)))
		return e;
	m.secret = TAKE(*pin);
	return send_frame(d, &m);
}

/* What the service thinks of the PIN before, and whether there is a next. */
static err_t
on_rejected(struct dialogue *d, const struct answer_prompt *p)
{
	char text[WORDS_REJECTED_MAX];
	err_t e;

	/* the card did not see it: what an earlier module left was no PIN */
	if (d->out->first_pin_used && pins_sent(&d->pins) == 1 &&
	    p->tries != ANSWER_TRIES_UNKNOWN && p->tries == d->pins.tries) {
		d->out->first_pin_used = false;
		pins_give_back(&d->pins);
	}
	words_rejected(p, text);
	if ((e = tell(d, true, text)))
		return e;
	if (!d->login->interactive || !pins_more(&d->pins))
		return end(d, VERDICT_WRONG_PIN, "no more tries in this login");
	return ERR_OK;
}

static err_t
on_prompt(struct dialogue *d, struct span body)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	struct answer_prompt p;
	bool yes = false;
	err_t e;

	if ((e = answer_prompt(body, &p)))
		return e;
	if (d->out->user[0] != '\0' && strcmp(d->out->user, p.user) != 0)
		return why_add(d->why, ERR_SEQUENCE,
		    "scs-authd asks for the PIN of user \"%s\"", p.user);
	memcpy(d->out->user, p.user, sizeof(d->out->user));
	if (p.tries == 0)
		return end(d, VERDICT_BLOCKED, "no PIN tries left");
	if (pins_sent(&d->pins) > 0 && ((e = on_rejected(d, &p)) || d->done))
		return e;
	if ((e = choose_pin(d, &p, &pin, &yes)) || d->done)
		return e;
	d->pins.tries = p.tries;
	return send_pin(d, &pin, yes);
}

static err_t
on_result(struct dialogue *d, struct span body)
{
	struct answer_result r;
	err_t e;

	if ((e = answer_result(body, &r)))
		return e;
	if (r.verdict == VERDICT_OK &&
	    (pins_sent(&d->pins) == 0 || strcmp(r.user, d->out->user) != 0))
		return why_add(d->why, ERR_SEQUENCE,
		    "scs-authd says yes to what nobody asked");
	memcpy(d->out->token_id, r.token_id, sizeof(d->out->token_id));
	d->out->apdus = r.apdus;
	return end(d, r.verdict, r.reason);
}

static err_t
on_frame(struct dialogue *d, uint16_t type, struct span body)
{
	switch (type) {
	case AUTH_CHOICE:
		return on_choice(d, body);
	case AUTH_PROMPT:
		return on_prompt(d, body);
	case AUTH_RESULT:
		return on_result(d, body);
	default:
		return ERR_SEQUENCE;
	}
}

static err_t
step(struct dialogue *d)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t e;

	if ((e = recv_frame(d, &m)))
		return e;
	e = on_frame(d, m.type, buf_span(&m.body));
	if (e == ERR_SHORT || e == ERR_FORMAT || e == ERR_LIMIT ||
	    e == ERR_SEQUENCE)
		return why_add(d->why, e, "answer %u of scs-authd", m.type);
	return e;
}

err_t
dialogue_run(int fd, const struct login *login, const struct person *person,
    struct outcome *out, struct why *why)
{
	struct outcome got = { .verdict = VERDICT_INTERNAL, .apdus = 0xffff };
	struct dialogue d = { .fd = fd,
		.login = login,
		.person = person,
		.out = &got,
		.why = why };
	err_t e;

	e = send_start(&d);
	if (e == ERR_OK)
		memcpy(got.user, login->user, strlen(login->user) + 1);
	/* ends: one choice and AUTH_TRIES + 1 PINs at most, then a verdict */
	while (e == ERR_OK && !d.done)
		e = step(&d);
	pins_done(&d.pins);
	if (e != ERR_OK)
		got = (struct outcome){ .talked = got.talked,
			.first_pin_used = got.first_pin_used };
	*out = got;
	return e;
}
