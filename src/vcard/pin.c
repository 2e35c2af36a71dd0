/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER: SP 800-73-4 Part 2,
 * 3.2.1 to 3.2.3. A try is counted in the file before the value is compared.
 */
#include "vcard/card.h"

static bool
which_reference(const struct vcard *c, uint8_t p2, enum pin_which *out)
{
	switch (p2) {
	case 0x80:
		*out = PIN_PIV;
		return true;
	case 0x81:
		*out = PIN_PUK;
		return true;
	case 0x00:
		*out = PIN_GLOBAL;
		return c->pins[PIN_GLOBAL].value != NULL;
	default:
		return false;
	}
}

/*
 * Count and compare, in this order: the try is spent in the file first, and a
 * right value gives all of them back, so that a card which is pulled at any
 * moment has told nothing that was not counted. SW_OK: it is right, and the
 * counter is full again. No caller may compare in another way.
 */
static uint16_t
present(struct vcard *c, enum pin_which which, struct span block)
{
	struct pin *p = &c->pins[which];
	uint8_t before = p->left;

	if (before == 0)
		return SW_BLOCKED;
	p->left--;
	if (card_save(c) != ERR_OK) {
		p->left = before; /* nothing was compared */
		return SW_MEMORY;
	}
	if (!span_eq(secret_span(p->value), block)) {
		c->pin_ok[which] = false;
		return (uint16_t)(SW_TRIES | p->left);
	}
	p->left = p->tries;
	if (card_save(c) != ERR_OK) {
		p->left = before - 1;
		return SW_MEMORY;
	}
	return SW_OK;
}

/* No data: may we go on without, or how many tries are left? */
static uint16_t
ask_status(const struct vcard *c, enum pin_which which)
{
	if (c->pin_ok[which])
		return SW_OK;
	if (c->pins[which].left == 0)
		return SW_BLOCKED;
	return (uint16_t)(SW_TRIES | c->pins[which].left);
}

/* A value that cannot be a PIN: the standard lets a card refuse it (6A80) or
 * count it (63CX); a YubiKey counts. */
static bool
counts_any_form(const struct vcard *c, struct span block)
{
	return (c->flags & VCARD_YUBICO) != 0 && block.n == PIN_LEN;
}

uint16_t
verify_command(struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	enum pin_which which;
	uint16_t sw;

	if (!which_reference(c, cmd->p2, &which) || which == PIN_PUK)
		return SW_NO_REFERENCE;
	if (cmd->p1 == 0xff && (c->flags & VCARD_NO_CLEAR) == 0) {
		if (cmd->data.n > 0)
			return SW_DATA;
		c->pin_ok[which] = false;
		return SW_OK;
	}
	if (cmd->p1 != 0x00)
		return SW_P1P2;
	if (cmd->data.n == 0)
		return ask_status(c, which);
	if (!pin_form_ok(cmd->data) && !counts_any_form(c, cmd->data))
		return SW_DATA;
	sw = present(c, which, cmd->data);
	c->pin_ok[which] = sw == SW_OK;
	c->fresh = sw == SW_OK;
	return sw;
}

/* A PIN has a form; the PUK is any eight bytes. */
static bool
form_ok(enum pin_which which, struct span block)
{
	return which == PIN_PUK ? block.n == PIN_LEN : pin_form_ok(block);
}

/* The new value is in the file, or the old one stays. */
static uint16_t
replace(struct vcard *c, enum pin_which which, struct span block)
{
	struct pin *p = &c->pins[which], old = *p;
	struct secret *s;

	if (secret_from(block, &s) != ERR_OK)
		return SW_MEMORY;
	p->value = s;
	p->left = p->tries;
	if (card_save(c) != ERR_OK) {
		secret_free(&p->value);
		*p = old;
		return SW_MEMORY;
	}
	secret_free(&old.value);
	return SW_OK;
}

uint16_t
change_command(struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	struct span in = cmd->data, old;
	enum pin_which which;
	uint16_t sw;

	if (cmd->p1 != 0x00)
		return SW_P1P2;
	if (!which_reference(c, cmd->p2, &which))
		return SW_NO_REFERENCE;
	if (in.n != 2 * PIN_LEN || span_take(&in, PIN_LEN, &old) != ERR_OK ||
	    !form_ok(which, old) || !form_ok(which, in))
		return SW_DATA;
	sw = present(c, which, old);
	if (sw == SW_OK)
		sw = replace(c, which, in);
	c->pin_ok[which] = sw == SW_OK;
	return sw;
}

/* The PIN's status stays as it is on success and is lost on failure. */
uint16_t
reset_retry_command(
    struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	struct span in = cmd->data, puk;
	uint16_t sw;

	if (cmd->p1 != 0x00)
		return SW_P1P2;
	if (cmd->p2 != 0x80)
		return SW_NO_REFERENCE;
	if (in.n != 2 * PIN_LEN || span_take(&in, PIN_LEN, &puk) != ERR_OK ||
	    !pin_form_ok(in))
		return SW_DATA;
	sw = present(c, PIN_PUK, puk);
	if (sw == SW_OK)
		sw = replace(c, PIN_PIV, in);
	if (sw != SW_OK)
		c->pin_ok[PIN_PIV] = false;
	return sw;
}
