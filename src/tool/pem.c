/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/pem.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"

#define LINE_BYTES 48 /* 64 characters */
#define NAME_BYTES 200 /* of prefix and label: leaves room for the rest */

static void
put(struct buf *out, const char *s)
{
	buf_put(out, span_str(s));
}

void
pem_put(struct buf *out, const char *kind, struct span der)
{
	unsigned char line[LINE_BYTES / 3 * 4 + 1];
	struct span part;
	int n;

	put(out, "-----BEGIN ");
	put(out, kind);
	put(out, "-----\n");
	while (der.n > 0) {
		part = span_first(der, LINE_BYTES);
		n = EVP_EncodeBlock(line, part.p, (int)part.n);
		buf_put(out, span_from(line, (size_t)n));
		put(out, "\n");
		der = span_from(der.p + part.n, der.n - part.n);
	}
	put(out, "-----END ");
	put(out, kind);
	put(out, "-----\n");
}

/* Cut a UTF-8 text to at most n bytes, between two characters. */
static void
cut(char *s, size_t n)
{
	if (strlen(s) <= n)
		return;
	while (n > 0 && ((uint8_t)s[n] & 0xc0) == 0x80)
		n--;
	s[n] = '\0';
}

void
pem_name(const char *prefix, const char *label, unsigned int number,
    char out[PEM_NAME_MAX])
{
	char base[PEM_NAME_MAX], again[16] = "";

	(void)snprintf(base, sizeof(base), "%s%s", prefix,
	    label[0] != '\0' ? label : "unnamed");
	cut(base, NAME_BYTES);
	text_clean(base);
	for (char *p = base; *p != '\0'; p++) {
		if (*p == '/' || *p == '?' || (p == base && *p == '.'))
			*p = '_';
	}
	if (number > 1)
		(void)snprintf(again, sizeof(again), " (%u)", number);
	(void)snprintf(
	    out, PEM_NAME_MAX, "%.*s%s.pem", NAME_BYTES, base, again);
}
