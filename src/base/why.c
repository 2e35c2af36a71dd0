/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

err_t
why_add(struct why *why, err_t e, const char *fmt, ...)
{
	char old[WHY_MAX];
	size_t n;
	va_list ap;
	int r;

	if (why == NULL)
		return e;
	memcpy(old, why->text, sizeof(old));
	va_start(ap, fmt);
	r = vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	if (r < 0)
		why->text[0] = '\0';
	n = strlen(why->text);
	if (old[0] != '\0' && n + 3 < sizeof(why->text))
		(void)snprintf(
		    why->text + n, sizeof(why->text) - n, ": %s", old);
	for (char *p = why->text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	return e;
}

const char *
why_text(const struct why *why, err_t e)
{
	return why != NULL && why->text[0] != '\0' ? why->text : err_text(e);
}
