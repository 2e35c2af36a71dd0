/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/hex.h"

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_separator(uint8_t c)
{
	return c == ' ' || c == ':' || c == '\t' || c == '\n' || c == '\r';
}

err_t
hex_decode(struct span text, struct buf *out)
{
	int high = -1, d;

	for (size_t i = 0; i < text.n; i++) {
		if (is_separator(text.p[i])) {
			if (high >= 0)
				return ERR_SHORT;
			continue;
		}
		if ((d = digit(text.p[i])) < 0)
			return ERR_FORMAT;
		if (high < 0) {
			high = d;
			continue;
		}
		buf_put_u8(out, (uint8_t)(high << 4 | d));
		high = -1;
	}
	return high >= 0 ? ERR_SHORT : buf_status(out);
}

static void
encode(struct span s, const char *digits, char *out)
{
	for (size_t i = 0; i < s.n; i++) {
		*out++ = digits[s.p[i] >> 4];
		*out++ = digits[s.p[i] & 15];
	}
	*out = '\0';
}

void
hex_upper(struct span s, char *out)
{
	encode(s, "0123456789ABCDEF", out);
}

void
hex_lower(struct span s, char *out)
{
	encode(s, "0123456789abcdef", out);
}
