/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card as a thing: power, reset, ATR, references. What the commands do is
 * in the files named after them.
 */
#include "vcard/card.h"

#include <stdlib.h>
#include <string.h>

err_t
card_alloc(struct vcard **out)
{
	struct vcard *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ERR_NOMEM;
	buf_init(&c->chain, CHAIN_MAX);
	buf_init(&c->pending, APDU_MAX_LE);
	buf_init(&c->atr, ATR_MAX);
	*out = c;
	return ERR_OK;
}

void
card_forget(struct vcard *c)
{
	c->selected = false;
	memset(c->pin_ok, 0, sizeof(c->pin_ok));
	c->admin_ok = false;
	c->fresh = false;
	c->step = ADMIN_IDLE;
	explicit_bzero(c->block, sizeof(c->block));
	buf_reset(&c->chain);
	buf_reset(&c->pending);
	c->chain_head = (struct apdu){ 0 };
}

void
vcard_power(struct vcard *c, bool on)
{
	card_forget(c);
	c->powered = on;
}

void
vcard_reset(struct vcard *c)
{
	card_forget(c);
}

bool
vcard_powered(const struct vcard *c)
{
	return c->powered;
}

/*
 * ISO/IEC 7816-3 and 7816-4, 8.1: T=0 and T=1, or T=0 alone; card capabilities
 * (73): selection by full and partial name, chaining, extended length where
 * there is; "vcard" as issuer data (55).
 */
struct span
vcard_atr(const struct vcard *c)
{
	static const uint8_t plain[] = { 0x3b, 0x8b, 0x80, 0x01, 0x80, 0x73,
		0xc0, 0x21, 0x80, 0x55, 'v', 'c', 'a', 'r', 'd', 0xaf };
	static const uint8_t extended[] = { 0x3b, 0x8b, 0x80, 0x01, 0x80, 0x73,
		0xc0, 0x21, 0xc0, 0x55, 'v', 'c', 'a', 'r', 'd', 0xef };
	static const uint8_t t0[] = { 0x3b, 0x0b, 0x80, 0x73, 0xc0, 0x21, 0x80,
		0x55, 'v', 'c', 'a', 'r', 'd' };

	if (c->atr.n > 0)
		return buf_span(&c->atr);
	if ((c->flags & VCARD_T0) != 0)
		return SPAN_OF(t0);
	return (c->flags & VCARD_EXTENDED) != 0 ? SPAN_OF(extended)
						: SPAN_OF(plain);
}

void
vcard_free(struct vcard **cp)
{
	struct vcard *c;

	if (cp == NULL || (c = *cp) == NULL)
		return;
	card_forget(c);
	for (size_t i = 0; i < PIN_COUNT; i++)
		secret_free(&c->pins[i].value);
	secret_free(&c->mgm_key);
	for (size_t i = 0; i < c->keys_n; i++)
		EVP_PKEY_free(c->keys[i].pkey);
	for (size_t i = 0; i < c->objects_n; i++)
		buf_done(&c->objects[i].value);
	buf_done(&c->chain);
	buf_done(&c->pending);
	buf_done(&c->atr);
	misbehave_done(&c->mis);
	free(c->path);
	free(c);
	*cp = NULL;
}

/* Six to eight digits, filled up with FF. */
bool
pin_form_ok(struct span block)
{
	size_t digits = 0;

	if (block.n != PIN_LEN)
		return false;
	while (digits < PIN_LEN && block.p[digits] >= '0' &&
	    block.p[digits] <= '9')
		digits++;
	for (size_t i = digits; i < PIN_LEN; i++)
		if (block.p[i] != 0xff)
			return false;
	return digits >= 6;
}

err_t
pin_set(struct pin *p, struct span block, uint8_t tries)
{
	struct secret *s;
	err_t e;

	if (block.n != PIN_LEN || tries == 0 || tries > 15)
		return ERR_FORMAT;
	if ((e = secret_from(block, &s)))
		return e;
	secret_free(&p->value);
	*p = (struct pin){ .value = s, .tries = tries, .left = tries };
	return ERR_OK;
}

bool
policy_satisfied(const struct vcard *c, uint8_t policy, bool fresh)
{
	bool known = c->pin_ok[PIN_PIV] || c->pin_ok[PIN_GLOBAL];

	if (policy == POLICY_NEVER)
		return true;
	return policy == POLICY_ONCE ? known : known && fresh;
}

unsigned int
vcard_tries(const struct vcard *c, uint8_t reference)
{
	switch (reference) {
	case 0x80:
		return c->pins[PIN_PIV].left;
	case 0x81:
		return c->pins[PIN_PUK].left;
	case 0x00:
		return c->pins[PIN_GLOBAL].left;
	default:
		return 0;
	}
}

const struct vcard_counts *
vcard_counts(const struct vcard *c)
{
	return &c->counts;
}

void
vcard_counts_clear(struct vcard *c)
{
	c->counts = (struct vcard_counts){ 0 };
}

void
vcard_on_trace(struct vcard *c, vcard_trace_fn *fn, void *ctx)
{
	c->trace = fn;
	c->trace_ctx = ctx;
}
