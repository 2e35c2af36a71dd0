/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/label.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Bytes of the character at the front, by its first byte; 1 if it is none. */
static size_t
char_len(struct span s)
{
	uint8_t c = s.p[0];
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

	return n > s.n || !text_ok(span_first(s, n)) ? 1 : n;
}

void
label_clean(struct span in, char *out, size_t cap)
{
	size_t at = 0, n;
	struct span c;

	while (in.n > 0) {
		n = char_len(in);
		if (span_take(&in, n, &c) != ERR_OK)
			break;
		if (!text_ok(c))
			c = span_str("?");
		if (at + c.n >= cap)
			break;
		memcpy(out + at, c.p, c.n);
		at += c.n;
	}
	out[at] = '\0';
}

void
label_make(
    const char *kind, const char *role, const char *name, char *out, size_t cap)
{
	size_t fixed =
	    strlen(kind) + strlen(" For ") + strlen(role) + strlen(" ()") + 1;
	char clean[256] = "";

	if (fixed < cap && name[0] != '\0')
		label_clean(span_str(name), clean,
		    cap - fixed + 1 < sizeof(clean) ? cap - fixed + 1
						    : sizeof(clean));
	if (clean[0] == '\0')
		(void)snprintf(out, cap, "%s For %s", kind, role);
	else
		(void)snprintf(out, cap, "%s For %s (%s)", kind, role, clean);
}
