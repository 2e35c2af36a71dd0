/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/person.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/msg.h"

/* CLEANUP for what the application answered. */
static void
forget_answer(char **answer)
{
	if (*answer == NULL)
		return;
	explicit_bzero(*answer, strlen(*answer));
	free(*answer);
	*answer = NULL;
}

/*
 * One question. pam_prompt() hands out an answer even when the conversation
 * failed; the caller wipes it in both cases.
 */
static err_t
question(pam_handle_t *h, int style, const char *prompt, char **answer)
{
	int rc = pam_prompt(h, style, answer, "%s", prompt);

	if (rc == PAM_BUF_ERR)
		return ERR_NOMEM;
	return rc == PAM_SUCCESS && *answer != NULL ? ERR_OK : ERR_IO;
}

static err_t
person_tell(void *ctx, bool bad, const char *text)
{
	CLEANUP(forget_answer) char *answer = NULL;
	struct person_pam *p = ctx;
	int rc;

	if (p->silent)
		return ERR_OK;
	rc = pam_prompt(
	    p->h, bad ? PAM_ERROR_MSG : PAM_TEXT_INFO, &answer, "%s", text);
	return rc == PAM_SUCCESS ? ERR_OK : ERR_IO;
}

static err_t
person_ask(void *ctx, const char *prompt, char *out, size_t cap)
{
	CLEANUP(forget_answer) char *answer = NULL;
	struct person_pam *p = ctx;
	size_t n;
	err_t e;

	if ((e = question(p->h, PAM_PROMPT_ECHO_ON, prompt, &answer)))
		return e;
	n = strlen(answer);
	if (n >= cap)
		return ERR_LIMIT;
	memcpy(out, answer, n + 1);
	return ERR_OK;
}

static err_t
person_ask_pin(void *ctx, const char *prompt, struct secret **pin)
{
	CLEANUP(forget_answer) char *answer = NULL;
	struct person_pam *p = ctx;
	size_t n;
	err_t e;

	if ((e = question(p->h, PAM_PROMPT_ECHO_OFF, prompt, &answer)))
		return e;
	n = strlen(answer);
	if (n > MSG_SECRET_MAX)
		return ERR_PIN_FORM;
	if (n == 0) {
		*pin = NULL;
		return ERR_OK;
	}
	return secret_from(span_from(answer, n), pin);
}

struct person
person_of(struct person_pam *ctx)
{
	return (struct person){ .ctx = ctx,
		.tell = person_tell,
		.ask = person_ask,
		.ask_pin = person_ask_pin };
}
