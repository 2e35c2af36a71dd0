/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

err_t
why_add(struct why *why, err_t e, const char *fmt, ...)
{
	char text[WHY_MAX] = "";
	size_t n, old, room;
	va_list ap;
	int r;

	if (why == NULL)
		return e;
	va_start(ap, fmt); /* an argument may be why->text itself */
	r = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r < 0)
		text[0] = '\0';
	n = strlen(text);
	old = strnlen(why->text, sizeof(why->text) - 1);
	if (old > 0 && n + 3 < sizeof(text)) {
		room = sizeof(text) - n - 3;
		text[n++] = ':';
		text[n++] = ' ';
		old = old < room ? old : room;
		memcpy(text + n, why->text, old);
		text[n + old] = '\0';
	}
	text_clean(text); /* also what the cap cut in the middle */
	memcpy(why->text, text, sizeof(text));
	return e;
}

const char *
why_text(const struct why *why, err_t e)
{
	return why != NULL && why->text[0] != '\0' ? why->text : err_text(e);
}
