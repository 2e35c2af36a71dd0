/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERAL AUTHENTICATE with the card's own keys, SP 800-73-4 Part 2, 3.2.4 and
 * appendix A.3 to A.5: 7C { 82 empty, 81 challenge } signs or deciphers,
 * 7C { 82 empty, 85 point } agrees on a key.
 */
#include "codec/tlv.h"
#include "vcard/card.h"

/* The items of 7C in any order; p is NULL where one is missing. */
struct template
{
	struct span challenge, exponent;
};

static err_t
template_parse(struct span in, struct template *out)
{
	struct template t = { 0 };
	struct span val, response = { 0 };
	uint32_t tag;
	err_t e;

	while (in.n > 0) {
		if ((e = tlv_next(&in, &tag, &val)))
			return e;
		if (tag == 0x82)
			e = tlv_once(val, &response);
		else if (tag == 0x81)
			e = tlv_once(val, &t.challenge);
		else if (tag == 0x85)
			e = tlv_once(val, &t.exponent);
		else
			return ERR_FORMAT;
		if (e != ERR_OK)
			return e;
	}
	/* the answer's place, and one of the two */
	if (response.p == NULL || response.n != 0 ||
	    (t.challenge.p == NULL) == (t.exponent.p == NULL))
		return ERR_FORMAT;
	*out = t;
	return ERR_OK;
}

static err_t
use_key(const struct key *k, const struct template *t, struct buf *out)
{
	if (t->exponent.p != NULL)
		return alg_is_ec(k->alg) ? key_ecdh(k, t->exponent, out)
					 : ERR_FORMAT;
	return alg_is_rsa(k->alg) ? key_rsa(k, t->challenge, out)
				  : key_ecdsa(k, t->challenge, out);
}

static uint16_t
answer(const struct key *k, struct span in, struct buf *out)
{
	struct template t;
	size_t top, sub;

	if (template_parse(in, &t) != ERR_OK)
		return SW_DATA;
	top = tlv_open(out, 0x7c);
	sub = tlv_open(out, 0x82);
	if (use_key(k, &t, out) != ERR_OK)
		return SW_DATA;
	tlv_close(out, sub);
	tlv_close(out, top);
	return SW_OK;
}

uint16_t
authenticate_command(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	struct span in = cmd->data, template;
	const struct key *k;
	bool fresh = c->fresh;

	c->fresh = false;
	if (tlv_want(&in, 0x7c, &template) != ERR_OK ||
	    span_end(in) != ERR_OK) {
		c->step = ADMIN_IDLE;
		return SW_DATA;
	}
	if (cmd->p2 == MGM_SLOT)
		return admin_authenticate(c, cmd, template, out);
	c->step = ADMIN_IDLE;
	k = key_find(c, cmd->p2);
	if (k == NULL || k->alg != cmd->p1)
		return SW_P1P2;
	if ((c->flags & VCARD_NO_PIN) == 0 &&
	    !policy_satisfied(c, k->policy, fresh))
		return SW_SECURITY;
	return answer(k, template, out);
}
