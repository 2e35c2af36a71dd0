/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/test-person.h"

#include <stdio.h>
#include <string.h>

static void
hear(struct script *s, char mark, const char *text)
{
	size_t n = strlen(s->heard);

	(void)snprintf(
	    s->heard + n, sizeof(s->heard) - n, "%c%s\n", mark, text);
}

static err_t
next_answer(struct script *s, char *out, size_t cap)
{
	size_t n;

	if (s->answers == NULL)
		return ERR_IO; /* the person has gone */
	n = strcspn(s->answers, "|");
	if (n >= cap)
		return ERR_LIMIT;
	memcpy(out, s->answers, n);
	out[n] = '\0';
	s->answers = s->answers[n] == '|' ? s->answers + n + 1 : NULL;
	return ERR_OK;
}

static err_t
on_tell(void *ctx, bool bad UNUSED, const char *text)
{
	hear(ctx, '!', text);
	return ERR_OK;
}

static err_t
on_ask(void *ctx, const char *prompt, char *out, size_t cap)
{
	hear(ctx, '?', prompt);
	return next_answer(ctx, out, cap);
}

static err_t
on_ask_pin(void *ctx, const char *prompt, struct secret **pin)
{
	char text[128];
	err_t e;

	hear(ctx, '?', prompt);
	if ((e = next_answer(ctx, text, sizeof(text))))
		return e;
	if (strcmp(text, "LONG") == 0)
		return ERR_PIN_FORM;
	return text[0] == '\0' ? ERR_OK : secret_from(span_str(text), pin);
}

struct person
person_of_script(struct script *s)
{
	return (struct person){
		.ctx = s, .tell = on_tell, .ask = on_ask, .ask_pin = on_ask_pin
	};
}
