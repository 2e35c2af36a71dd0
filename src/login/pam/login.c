/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/login.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/msg.h"
#include "login/pam/dialogue.h"
#include "login/pam/person.h"
#include "login/pam/rv.h"
#include "login/pam/service.h"
#include "login/pam/words.h"

#define CONNECT_TIMEOUT_MS 10000
#define DATA_NAME "scs_smartcard_user" /* pam_set_data: who logged in */

/*
 * One call of pam_sm_authenticate. The items are copies: an application may set
 * them anew while it is asked something.
 */
struct attempt {
	pam_handle_t *h;
	const struct args *args;
	struct person_pam person;
	char service[AUTH_NAME_MAX];
	char user[AUTH_NAME_MAX];
	char rhost[AUTH_NAME_MAX];
	char tty[AUTH_NAME_MAX];
	struct login login; /* borrows from the above */
	struct outcome out;
	struct why why;
	bool talked; /* in any of its dialogues */
};

/* A string item, "" when the application did not set it. Borrowed from PAM. */
static const char *
item(pam_handle_t *h, int type)
{
	const void *v = NULL;

	return pam_get_item(h, type, &v) == PAM_SUCCESS && v != NULL ? v : "";
}

static err_t
copy_name(const char *from, char to[AUTH_NAME_MAX])
{
	size_t n = strlen(from);

	if (n >= AUTH_NAME_MAX)
		return ERR_ABSENT;
	memcpy(to, from, n + 1);
	return ERR_OK;
}

static err_t
copy_items(struct attempt *t)
{
	err_t e;

	if ((e = copy_name(item(t->h, PAM_SERVICE), t->service)) ||
	    (e = copy_name(item(t->h, PAM_USER), t->user)) ||
	    (e = copy_name(item(t->h, PAM_RHOST), t->rhost)) ||
	    (e = copy_name(item(t->h, PAM_TTY), t->tty)))
		return why_add(&t->why, e,
		    "service, user, host or terminal is too long a name");
	t->login = (struct login){ .service = t->service,
		.user = t->user,
		.rhost = t->rhost,
		.tty = t->tty,
		.interactive = !t->args->use_first_pass,
		.timeout_s = t->args->timeout_s };
	return ERR_OK;
}

/* What an earlier module left, if it can be a PIN at all. */
static err_t
first_pin(const struct attempt *t, struct secret **pin)
{
	const char *token;
	size_t n;

	if (!t->args->use_first_pass && !t->args->try_first_pass)
		return ERR_OK;
	token = item(t->h, PAM_AUTHTOK);
	n = strlen(token);
	if (n == 0 || n > MSG_SECRET_MAX)
		return ERR_OK;
	return secret_from(span_from(token, n), pin);
}

static err_t
converse(struct attempt *t)
{
	struct person person = person_of(&t->person);
	struct caller who = caller_self();
	CLOSE_FD int fd = -1;
	err_t e;

	t->out = (struct outcome){ 0 };
	t->why = (struct why){ 0 };
	if ((e = service_connect(
		 &who, t->args, deadline_in(CONNECT_TIMEOUT_MS), &fd, &t->why)))
		return e;
	if (t->args->debug)
		pam_syslog(t->h, LOG_DEBUG, "asking scs-authd for user \"%s\"",
		    t->user);
	e = dialogue_run(fd, &t->login, &person, &t->out, &t->why);
	t->talked |= t->out.talked;
	return e;
}

/*
 * No user was given and the card names none: ask who it is, once, and try that
 * name. A PIN that was taken up is not taken up again.
 */
static err_t
converse_by_name(struct attempt *t)
{
	const char *user = NULL;
	int rc;

	if (t->out.first_pin_used)
		t->login.first_pin = NULL;
	t->talked = true;
	rc = pam_get_user(t->h, &user, NULL);
	if (rc != PAM_SUCCESS)
		return why_add(&t->why, ERR_IO, "no answer to the user name");
	if (user == NULL || user[0] == '\0' || copy_name(user, t->user))
		return why_add(&t->why, ERR_ABSENT, "no user name");
	return converse(t);
}

static void
data_free(pam_handle_t *h UNUSED, void *data, int status UNUSED)
{
	free(data);
}

int
login_forget(pam_handle_t *h)
{
	return pam_set_data(h, DATA_NAME, NULL, NULL);
}

bool
login_succeeded(pam_handle_t *h)
{
	const void *user = NULL;

	return pam_get_data(h, DATA_NAME, &user) == PAM_SUCCESS &&
	    user != NULL && strcmp(user, item(h, PAM_USER)) == 0;
}

/* A yes: the user is the card's, and setcred will know. */
static int
accept_user(struct attempt *t)
{
	char *user;
	int rc;

	if (strcmp(item(t->h, PAM_USER), t->out.user) != 0) {
		rc = pam_set_item(t->h, PAM_USER, t->out.user);
		if (rc != PAM_SUCCESS)
			return rc;
	}
	if ((user = strdup(t->out.user)) == NULL)
		return PAM_BUF_ERR;
	rc = pam_set_data(t->h, DATA_NAME, user, data_free);
	if (rc != PAM_SUCCESS)
		free(user);
	return rc;
}

static int
log_level(enum verdict v)
{
	return v == VERDICT_INTERNAL || v == VERDICT_SERVICE ? LOG_ERR
							     : LOG_NOTICE;
}

/* Tell the person how it ended; too late for their answer to matter. */
static void
farewell(struct attempt *t, enum verdict v, const char *reason)
{
	struct person person = person_of(&t->person);
	char text[WORDS_END_MAX];

	if (!t->login.interactive)
		return;
	words_end(v, reason, text);
	if (person.tell(person.ctx, true, text) != ERR_OK)
		pam_syslog(t->h, LOG_DEBUG, "the last message was not shown");
}

/* There is a verdict. */
static int
finish(struct attempt *t)
{
	const struct outcome *o = &t->out;

	if (o->verdict == VERDICT_OK) {
		pam_syslog(t->h, LOG_NOTICE,
		    "user %s authenticated with card %s", o->user, o->token_id);
		if (t->args->debug)
			pam_syslog(t->h, LOG_DEBUG,
			    "%u APDUs from the PIN to the verdict", o->apdus);
		return accept_user(t);
	}
	if (o->verdict == VERDICT_NO_CARD && t->args->ignore_no_card &&
	    !t->talked) {
		if (t->args->debug)
			pam_syslog(t->h, LOG_DEBUG, "no card: ignored");
		return PAM_IGNORE;
	}
	pam_syslog(t->h, log_level(o->verdict), "user \"%s\": %s: %s", o->user,
	    rv_verdict_name(o->verdict), o->reason);
	farewell(t, o->verdict, o->reason);
	return rv_verdict(o->verdict);
}

/* There is none. */
static int
give_up(struct attempt *t, err_t e)
{
	const char *why = why_text(&t->why, e);
	int rc = rv_err(e);

	pam_syslog(t->h, LOG_ERR, "no verdict: %s (%s)", why, err_name(e));
	if (rc == PAM_AUTHINFO_UNAVAIL)
		farewell(t, VERDICT_SERVICE, "");
	else if (rc != PAM_CONV_ERR)
		farewell(t, VERDICT_INTERNAL, err_text(e));
	return rc;
}

/* As many dialogues as it takes; `used`: PAM_AUTHTOK was taken for a PIN. */
static err_t
converse_all(struct attempt *t, bool *used)
{
	err_t e = converse(t);

	*used = t->out.first_pin_used;
	if (e != ERR_OK || t->out.verdict != VERDICT_NOT_PAIRED ||
	    t->user[0] != '\0' || !t->login.interactive)
		return e;
	e = converse_by_name(t);
	*used |= t->out.first_pin_used;
	return e;
}

int
login_run(pam_handle_t *h, int flags, const struct args *a)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	struct attempt t = { .h = h,
		.args = a,
		.person = { .h = h,
		    .silent = ((unsigned int)flags & PAM_SILENT) != 0 } };
	bool used = false;
	err_t e;

	if ((e = copy_items(&t)) || (e = first_pin(&t, &pin)))
		return give_up(&t, e);
	t.login.first_pin = pin;
	e = converse_all(&t, &used);
	/* what was taken for a PIN is not for the modules after this one */
	if (used && pam_set_item(h, PAM_AUTHTOK, NULL) != PAM_SUCCESS)
		return give_up(&t, ERR_NOMEM);
	return e == ERR_OK ? finish(&t) : give_up(&t, e);
}
