/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/pin.h"

#include <string.h>

#define FILL 0xff

static bool
all_within(struct span s, uint8_t low, uint8_t high)
{
	if (s.n < PIV_PIN_MIN || s.n > PIV_PIN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < low || s.p[i] > high)
			return false;
	return true;
}

bool
piv_pin_ok(const struct secret *pin)
{
	return all_within(secret_span(pin), '0', '9');
}

bool
piv_puk_ok(const struct secret *puk)
{
	return all_within(secret_span(puk), '!', '~');
}

err_t
piv_pin_block(const struct secret *first, const struct secret *second,
    struct secret **out)
{
	struct span a = secret_span(first), b = secret_span(second);
	size_t n = second != NULL ? 2 * PIV_PIN_BLOCK : PIV_PIN_BLOCK;
	struct secret *block;
	uint8_t *p;
	err_t e;

	if (a.n == 0 || a.n > PIV_PIN_BLOCK || b.n > PIV_PIN_BLOCK)
		return ERR_PIN_FORM;
	if ((e = secret_new(n, &block)))
		return e;
	p = secret_bytes(block);
	memset(p, FILL, n);
	memcpy(p, a.p, a.n);
	if (b.n > 0)
		memcpy(p + PIV_PIN_BLOCK, b.p, b.n);
	*out = block;
	return ERR_OK;
}
