/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/pairing.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const kinds[] = { ";tokenidentity;", ";pubkeyhash;" };

bool
pkhh_eq(const struct pkhh *a, const struct pkhh *b)
{
	return memcmp(a->b, b->b, PKHH_SIZE) == 0;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

err_t
pkhh_parse(const char *hex, struct pkhh *out)
{
	struct pkhh h;
	int hi, lo;

	if (strlen(hex) != (size_t)2 * PKHH_SIZE)
		return ERR_FORMAT;
	for (size_t i = 0; i < PKHH_SIZE; i++) {
		hi = digit(hex[2 * i]);
		lo = digit(hex[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return ERR_FORMAT;
		h.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = h;
	return ERR_OK;
}

void
pkhh_print(const struct pkhh *h, char out[2 * PKHH_SIZE + 1])
{
	for (size_t i = 0; i < PKHH_SIZE; i++)
		(void)snprintf(out + 2 * i, 3, "%02X", h->b[i]);
}

err_t
pairing_parse(const char *value, struct pkhh *out)
{
	size_t n;

	for (size_t i = 0; i < nitems(kinds); i++) {
		n = strlen(kinds[i]);
		if (strncasecmp(value, kinds[i], n) == 0)
			return pkhh_parse(value + n, out);
	}
	return ERR_ABSENT;
}

void
pairing_print(const struct pkhh *h, char out[PAIRING_VALUE_SIZE])
{
	char hex[2 * PKHH_SIZE + 1];

	pkhh_print(h, hex);
	(void)snprintf(out, PAIRING_VALUE_SIZE, "%s%s", kinds[0], hex);
}
