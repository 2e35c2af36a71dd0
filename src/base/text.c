/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <string.h>

/* How many continuation bytes follow this lead byte, or -1. */
static int
utf8_more(uint8_t c, uint32_t *v)
{
	if (c < 0x80) {
		*v = c;
		return 0;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*v = c & 0x1f;
		return 1;
	}
	if (c >= 0xe0 && c <= 0xef) {
		*v = c & 0x0f;
		return 2;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*v = c & 0x07;
		return 3;
	}
	return -1;
}

/*
 * Characters that change the order in which others are shown, or end a line:
 * U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
 */
static bool
is_misleading(uint32_t v)
{
	return v == 0x061c || v == 0x200e || v == 0x200f ||
	    (v >= 0x2028 && v <= 0x202e) || (v >= 0x2066 && v <= 0x2069);
}

static bool
code_point_ok(uint32_t v, int more)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	if (v < least[more] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return false;
	/* noncharacters: U+FFFF is not even allowed in XML */
	if ((v & 0xfffe) == 0xfffe || (v >= 0xfdd0 && v <= 0xfdef))
		return false;
	return v >= 0x20 && v != 0x7f && !(v >= 0x80 && v <= 0x9f);
}

/* Take one acceptable character off the front. */
static bool
take_char(struct span *s, bool shown)
{
	struct span at = *s;
	uint32_t v;
	uint8_t c;
	int more;

	if (span_u8(&at, &c) != ERR_OK || (more = utf8_more(c, &v)) < 0)
		return false;
	for (int i = 0; i < more; i++) {
		if (span_u8(&at, &c) != ERR_OK || (c & 0xc0) != 0x80)
			return false;
		v = v << 6 | (c & 0x3f);
	}
	if (!code_point_ok(v, more) || (shown && is_misleading(v)))
		return false;
	*s = at;
	return true;
}

static bool
all_chars(struct span s, bool shown)
{
	while (s.n > 0) {
		if (!take_char(&s, shown))
			return false;
	}
	return true;
}

bool
text_ok(struct span s)
{
	return all_chars(s, true);
}

bool
text_may_be_kept(struct span s)
{
	return all_chars(s, false);
}

void
text_clean(char *s)
{
	struct span rest = span_str(s);
	size_t n = rest.n;

	while (rest.n > 0) {
		if (take_char(&rest, true))
			continue;
		s[n - rest.n] = '?';
		rest.p++;
		rest.n--;
	}
}
