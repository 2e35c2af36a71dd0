/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERATE ASYMMETRIC KEY PAIR, SP 800-73-4 Part 2, 3.3.2: AC { 80 algorithm }
 * to 7F49 { public key }. Yubico's AA (PIN policy) and AB (touch policy) may
 * stand beside 80 when the card knows Yubico's extensions.
 */
#include "codec/tlv.h"
#include "vcard/card.h"

struct request {
	uint8_t alg, policy;
};

static err_t
take_byte(struct span val, uint8_t max, uint8_t *out)
{
	if (val.n != 1 || val.p[0] > max)
		return ERR_FORMAT;
	*out = val.p[0];
	return ERR_OK;
}

static err_t
request_parse(struct span in, bool yubico, struct request *out)
{
	struct request r = *out;
	struct span val;
	uint8_t touch;
	uint32_t tag;
	err_t e;

	while (in.n > 0) {
		if ((e = tlv_next(&in, &tag, &val)))
			return e;
		if (tag == 0x80)
			e = take_byte(val, 0xff, &r.alg);
		else if (tag == 0xaa && yubico)
			e = take_byte(val, POLICY_ALWAYS, &r.policy);
		else if (tag == 0xab && yubico)
			e = take_byte(val, 3, &touch);
		else if (tag != 0x81) /* the public exponent is ours */
			return ERR_FORMAT;
		if (e != ERR_OK)
			return e;
	}
	*out = r;
	return ERR_OK;
}

uint16_t
generate_command(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	bool yubico = (c->flags & VCARD_YUBICO) != 0;
	struct span in = cmd->data, control;
	struct request r = { 0 };
	EVP_PKEY *k;

	if (cmd->p1 != 0x00 || !slot_ok(cmd->p2))
		return SW_P1P2;
	if (!c->admin_ok)
		return SW_SECURITY;
	if (tlv_want(&in, 0xac, &control) != ERR_OK || span_end(in) != ERR_OK ||
	    request_parse(control, yubico, &r) != ERR_OK ||
	    (!alg_is_rsa(r.alg) && !alg_is_ec(r.alg)))
		return SW_DATA;
	if (r.policy == 0)
		r.policy = slot_policy(cmd->p2);
	if (key_generate(r.alg, &k) != ERR_OK)
		return SW_CONDITIONS;
	if (key_public_template(k, out) != ERR_OK) {
		EVP_PKEY_free(k);
		return SW_CONDITIONS;
	}
	return key_put(c, cmd->p2, r.policy, k) == ERR_OK ? SW_OK : SW_MEMORY;
}
