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

const char *
say_who(void)
{
	return name;
}

PRINTF(2, 0)
static void
line(const char *prefix, const char *fmt, va_list ap)
{
	char text[2048] = "";

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text_clean(text);
	/* what was printed before stays before it where both are one file */
	(void)fflush(stdout);
	(void)fprintf(
	    stderr, "%s%s%s\n", prefix, prefix[0] != '\0' ? ": " : "", text);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(name, fmt, ap);
	va_end(ap);
}

void
say_bare(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("", fmt, ap);
	va_end(ap);
}

int
say_failed(const char *what, err_t e, const struct why *why)
{
	say("%s: %s", what, why_text(why, e));
	return (int)exits_of(e);
}
