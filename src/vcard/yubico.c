/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Yubico's extensions of PIV, as far as yubico-piv-tool 2.2 and ykcs11 need
 * them (developers.yubico.com, "PIV extensions"): version, serial number,
 * import of a private key, change of the management key, number of tries,
 * factory reset. Attestation and metadata are not there.
 */
#include <string.h>

#include "vcard/card.h"

uint16_t
version_command(struct vcard *c UNUSED, const struct apdu *cmd, struct buf *out)
{
	/* the last without metadata, which we do not have */
	static const uint8_t version[] = { 5, 2, 7 };

	if (cmd->p1 != 0 || cmd->p2 != 0)
		return SW_P1P2;
	buf_put(out, SPAN_OF(version));
	return SW_OK;
}

uint16_t
serial_command(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	if (cmd->p1 != 0 || cmd->p2 != 0)
		return SW_P1P2;
	buf_put_u32(out, c->serial);
	return SW_OK;
}

/* FF FF FF (or FE: with touch): algorithm, 9B, length, key. */
uint16_t
set_mgm_command(struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	struct secret *old = c->mgm_key, *fresh;
	uint8_t old_alg = c->mgm_alg, alg, slot, len;
	struct span in = cmd->data;

	if (cmd->p1 != 0xff || cmd->p2 < 0xfe)
		return SW_P1P2;
	if (!c->admin_ok)
		return SW_SECURITY;
	if (span_u8(&in, &alg) != ERR_OK || span_u8(&in, &slot) != ERR_OK ||
	    span_u8(&in, &len) != ERR_OK || slot != MGM_SLOT || in.n == 0 ||
	    len != in.n || in.n != mgm_key_len(alg))
		return SW_DATA;
	if (secret_from(in, &fresh) != ERR_OK)
		return SW_MEMORY;
	c->mgm_key = fresh;
	c->mgm_alg = alg;
	if (card_save(c) != ERR_OK) {
		c->mgm_key = old;
		c->mgm_alg = old_alg;
		secret_free(&fresh);
		return SW_MEMORY;
	}
	secret_free(&old);
	return SW_OK;
}

/* P1 tries of the PIN, P2 of the PUK; both values become the default. */
static uint16_t
references_default(struct vcard *c, uint8_t pin_tries, uint8_t puk_tries)
{
	static const uint8_t pin[] = { '1', '2', '3', '4', '5', '6', 0xff,
		0xff };

	memset(c->pin_ok, 0, sizeof(c->pin_ok));
	if (pin_set(&c->pins[PIN_PIV], SPAN_OF(pin), pin_tries) != ERR_OK ||
	    pin_set(&c->pins[PIN_PUK], span_str("12345678"), puk_tries) !=
		ERR_OK)
		return SW_DATA;
	return card_save(c) == ERR_OK ? SW_OK : SW_MEMORY;
}

uint16_t
set_tries_command(
    struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	if (!c->admin_ok || !c->pin_ok[PIN_PIV])
		return SW_SECURITY;
	if (cmd->p1 == 0 || cmd->p1 > 15 || cmd->p2 == 0 || cmd->p2 > 15)
		return SW_DATA;
	return references_default(c, cmd->p1, cmd->p2);
}

/* Only a card whose PIN and PUK are both blocked may be emptied. */
uint16_t
factory_reset_command(
    struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	static const uint8_t key[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5,
		6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct secret *mgm;

	if (cmd->p1 != 0 || cmd->p2 != 0)
		return SW_P1P2;
	if (c->pins[PIN_PIV].left != 0 || c->pins[PIN_PUK].left != 0)
		return SW_CONDITIONS;
	if (secret_from(SPAN_OF(key), &mgm) != ERR_OK)
		return SW_MEMORY;
	secret_free(&c->mgm_key);
	c->mgm_key = mgm;
	c->mgm_alg = VCARD_3DES;
	c->admin_ok = false;
	while (c->keys_n > 0)
		EVP_PKEY_free(c->keys[--c->keys_n].pkey);
	while (c->objects_n > 0)
		buf_done(&c->objects[--c->objects_n].value);
	return references_default(
	    c, c->pins[PIN_PIV].tries, c->pins[PIN_PUK].tries);
}
