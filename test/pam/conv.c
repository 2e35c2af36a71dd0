/* SPDX-License-Identifier: BSD-2-Clause */
#include "conv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
style_name(int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_OFF:
		return "echo_off";
	case PAM_PROMPT_ECHO_ON:
		return "echo_on";
	case PAM_ERROR_MSG:
		return "error";
	case PAM_TEXT_INFO:
		return "info";
	default:
		return "style?";
	}
}

static char *
next_answer(struct conv *c)
{
	size_t n;
	char *a;

	if (c->answers == NULL)
		return NULL;
	n = strcspn(c->answers, "|");
	a = strndup(c->answers, n);
	c->answers = c->answers[n] == '|' ? c->answers + n + 1 : NULL;
	return a;
}

/* One message; -1 when there is no answer to it. */
static int
answer(struct conv *c, const struct pam_message *m, struct pam_response *r)
{
	size_t n = strlen(c->heard);

	(void)snprintf(c->heard + n, sizeof(c->heard) - n, "%s %s\n",
	    style_name(m->msg_style), m->msg);
	if (m->msg_style != PAM_PROMPT_ECHO_OFF &&
	    m->msg_style != PAM_PROMPT_ECHO_ON)
		return 0;
	if (c->manners == CONV_SETS_USER)
		(void)pam_set_item(c->h, PAM_USER, "mallory");
	r->resp = c->manners == CONV_NULL_ANSWER ? NULL : next_answer(c);
	return r->resp != NULL || c->manners == CONV_NULL_ANSWER ? 0 : -1;
}

static void
drop(struct pam_response *r, int n)
{
	for (int i = 0; i < n; i++)
		free(r[i].resp);
	free(r);
}

static int
converse(
    int n, const struct pam_message **msg, struct pam_response **out, void *ctx)
{
	struct conv *c = ctx;
	struct pam_response *r;

	if (n < 1 || n > PAM_MAX_NUM_MSG || c->manners == CONV_FAILS)
		return PAM_CONV_ERR;
	if (c->manners == CONV_AGAIN)
		return PAM_CONV_AGAIN;
	r = calloc((size_t)n, sizeof(*r));
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (answer(c, msg[i], &r[i]) != 0) {
			drop(r, n);
			return PAM_CONV_ERR;
		}
	}
	if (c->manners == CONV_NULL) {
		drop(r, n);
		return PAM_SUCCESS;
	}
	*out = r;
	return c->manners == CONV_FAILS_LOUD ? PAM_CONV_ERR : PAM_SUCCESS;
}

struct pam_conv
conv_of(struct conv *c)
{
	return (struct pam_conv){ .conv = converse, .appdata_ptr = c };
}
