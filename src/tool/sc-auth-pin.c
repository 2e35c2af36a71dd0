/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sc_auth verifypin, changepin. A PIN is presented once; the last try only
 * after an explicit yes, at the terminal or by --last-try.
 */
#include <stdio.h>

#include "keychain/alone.h"
#include "tool/cards.h"
#include "tool/prompt.h"
#include "tool/sc-auth.h"

struct pin_job {
	const char *prefix;
	const char *id; /* -t, or NULL */
	const char *argument; /* -p, which is refused */
	bool unblock, last_try;
	struct cards cards;
	const struct scs_token *token;
	struct why why;
};

static void
job_done(struct pin_job *j)
{
	cards_done(&j->cards);
}

static err_t
job_open(const struct invocation *in, struct pin_job *j)
{
	err_t e;

	j->prefix = in->prefix;
	if ((e = cards_open_all(j->prefix, &j->cards, &j->why)) ||
	    (e = cards_pick(&j->cards, j->id, &j->token, &j->why)))
		return e;
	/* before anybody types; libscs looks again before it presents */
	return alone_among(
	    j->cards.all, j->cards.n, j->token->insertion, &j->why);
}

/* May a try be spent? The question names what is at stake. */
static err_t
consent(struct pin_job *j, const char *stake)
{
	char question[256];

	if (j->last_try)
		return ERR_OK;
	(void)snprintf(
	    question, sizeof(question), "%s. Type yes to go on: ", stake);
	if (prompt_yes(question))
		return ERR_OK;
	return why_add(&j->why, ERR_DENIED,
	    "%s: not tried without a yes (at a terminal, or --last-try)",
	    stake);
}

static err_t
tries_left(struct pin_job *j)
{
	int tries = -1;
	err_t e;

	e = cards_result(&j->cards,
	    scs_tries(j->cards.scs, j->token->insertion, &tries), &j->why);
	if (e != ERR_OK)
		return e;
	if (tries == 0)
		return why_add(&j->why, ERR_PIN_BLOCKED,
		    "PIN blocked: unblock it with the PUK (sc_auth changepin "
		    "-u)");
	return tries == 1 ? consent(j, "only one PIN try is left") : ERR_OK;
}

static err_t
ask(struct pin_job *j, const char *question, struct secret **out)
{
	if (j->token->pinpad) {
		(void)puts("Use the keys of the reader.");
		(void)fflush(stdout);
		return ERR_OK;
	}
	return prompt_secret(question, out, &j->why);
}

static err_t
presented(struct pin_job *j, int result, int tries, const char *what)
{
	err_t e = cards_result(&j->cards, result, &j->why);

	if (e != ERR_PIN_WRONG)
		return e;
	if (scs_reason(j->cards.scs)[0] == '\0')
		j->why = (struct why){ 0 }; /* "rejected" says it all */
	if (tries < 0)
		return why_add(&j->why, e, "%s rejected", what);
	return why_add(&j->why, e, "%s rejected, %d %s left", what, tries,
	    tries == 1 ? "try" : "tries");
}

static struct scs_bytes
bytes(const struct secret *s)
{
	struct span p = secret_span(s);

	return (struct scs_bytes){ p.p, p.n };
}

static err_t
verify(struct pin_job *j)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	uint64_t card = j->token->insertion;
	int tries = -1, r;
	err_t e;

	if ((e = tries_left(j)) || (e = ask(j, "Enter PIN: ", &pin)))
		return e;
	r = scs_login(j->cards.scs, card, bytes(pin), &tries);
	if ((e = presented(j, r, tries, "PIN")))
		return e;
	return cards_result(&j->cards, scs_logout(j->cards.scs, card), &j->why);
}

static int
job_end(struct pin_job *j, const char *verb, err_t e)
{
	if (e == ERR_OK)
		return EXITS_OK;
	if (j->token == NULL)
		return say_failed(verb, e, &j->why);
	say("token \"%s\": %s", j->token->id, why_text(&j->why, e));
	return (int)exits_of(e);
}

/* At a terminal, where nobody sees what is typed, twice. */
static err_t
ask_new(struct pin_job *j, struct secret **out)
{
	CLEANUP(secret_free) struct secret *first = NULL, *again = NULL;
	err_t e;

	if ((e = prompt_secret("Enter new PIN: ", &first, &j->why)))
		return e;
	if (prompt_terminal()) {
		if ((e = prompt_secret(
			 "Enter new PIN again: ", &again, &j->why)))
			return e;
		if (!secret_eq(first, again))
			return why_add(&j->why, ERR_PIN_FORM,
			    "the new PIN was not the same twice: nothing was "
			    "changed");
	}
	*out = TAKE(first);
	return ERR_OK;
}

static err_t
change(struct pin_job *j)
{
	CLEANUP(secret_free) struct secret *old = NULL, *new = NULL;
	int (*call)(struct scs *, uint64_t, struct scs_bytes, struct scs_bytes,
	    int *) = j->unblock ? scs_unblock : scs_change_pin;
	int tries = -1, r;
	err_t e;

	/* how often the PUK may still be tried, no card says beforehand */
	e = j->unblock ? consent(j,
			     "a wrong PUK is counted, and after the last one "
			     "the card cannot be unblocked any more")
		       : tries_left(j);
	if (e != ERR_OK ||
	    (e = ask(
		 j, j->unblock ? "Enter PUK: " : "Enter current PIN: ", &old)))
		return e;
	if (!j->token->pinpad && (e = ask_new(j, &new)))
		return e;
	r = call(
	    j->cards.scs, j->token->insertion, bytes(old), bytes(new), &tries);
	return presented(j, r, tries, j->unblock ? "PUK" : "PIN");
}

/* A verb of this file; what it prints is the original's. */
struct pin_verb {
	const char *doing, *done;
	err_t (*run)(struct pin_job *j);
	bool unblocks; /* has the option -u */
};

static int
refuse_argument(const struct invocation *in)
{
	say("%s: -p: a PIN on a command line can be read by every user of this "
	    "machine: leave it out, it is asked for (or read from standard "
	    "input)",
	    in->verb->name);
	return EXITS_USAGE;
}

static int
run_verb(const struct invocation *in, const struct pin_verb *v)
{
	CLEANUP(job_done) struct pin_job j = { 0 };
	const struct option_spec specs[] = {
		{ .letter = 't', .value = &j.id },
		{ .letter = 'p', .value = &j.argument },
		{ .name = "last-try", .flag = &j.last_try },
		{ .letter = 'u', .flag = &j.unblock },
	};
	size_t n = v->unblocks ? nitems(specs) : nitems(specs) - 1;
	int status = 0;
	err_t e;

	if (command_options(in, specs, n, &status))
		return status;
	if (j.argument != NULL)
		return refuse_argument(in);
	if ((e = job_open(in, &j)) == ERR_OK) {
		(void)printf("%s PIN of SmartCard in reader %s\n", v->doing,
		    j.token->reader);
		(void)fflush(stdout);
		e = v->run(&j);
	}
	if (e == ERR_OK)
		(void)puts(v->done);
	return job_end(&j, in->verb->name, e);
}

int
sc_auth_verifypin(const struct invocation *in)
{
	static const struct pin_verb v = {
		.doing = "Verifying", .done = "PIN is correct", .run = verify
	};

	return run_verb(in, &v);
}

int
sc_auth_changepin(const struct invocation *in)
{
	static const struct pin_verb v = { .doing = "Changing",
		.done = "PIN was changed",
		.run = change,
		.unblocks = true };

	return run_verb(in, &v);
}
