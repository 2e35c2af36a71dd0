/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static const char *name = "scs";

void
say_name(const char *command)
{
	name = command;
}

void
say(const char *fmt, ...)
{
	char text[2048] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_clean(text);
	/* what was printed before stays before it where both are one file */
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: %s\n", name, text);
}

int
say_failed(const char *what, err_t e, const struct why *why)
{
	say("%s: %s", what, why_text(why, e));
	return (int)exits_of(e);
}
