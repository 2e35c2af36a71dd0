/* SPDX-License-Identifier: BSD-2-Clause */
/* SELECT by application identifier, SP 800-73-4 Part 2, 3.1.1. */
#include "codec/tlv.h"
#include "vcard/card.h"

static const uint8_t piv_aid[] = { 0xa0, 0, 0, 0x03, 0x08, 0, 0, 0x10, 0, 0x01,
	0 };

/* The whole AID, or truncated on the right, but with RID and PIX's start. */
#define AID_MIN 5

static bool
is_piv(struct span aid)
{
	return aid.n >= AID_MIN && aid.n <= sizeof(piv_aid) &&
	    span_eq(aid, span_from(piv_aid, aid.n));
}

/* Table 4: 61 { 4F PIX, 79 { 4F authority }, 50 label } and AC, the
 * algorithms this card has besides those of the standard. */
static void
put_template(struct buf *out)
{
	static const uint8_t algs[] = { VCARD_3DES, VCARD_RSA3072,
		VCARD_RSA2048, VCARD_AES128, VCARD_AES192, VCARD_AES256,
		VCARD_P256, VCARD_P384, VCARD_RSA4096 };
	size_t top = tlv_open(out, 0x61), sub;

	tlv_put(out, 0x4f, span_from(piv_aid + 5, sizeof(piv_aid) - 5));
	sub = tlv_open(out, 0x79);
	tlv_put(out, 0x4f, span_from(piv_aid, 5));
	tlv_close(out, sub);
	tlv_put(out, 0x50, span_str("scs-vcard"));
	sub = tlv_open(out, 0xac);
	for (size_t i = 0; i < sizeof(algs); i++)
		tlv_put(out, 0x80, span_from(&algs[i], 1));
	tlv_put(out, 0x06, span_from("\0", 1));
	tlv_close(out, sub);
	tlv_close(out, top);
}

uint16_t
select_command(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	if (cmd->p1 != 0x04 || cmd->p2 != 0x00)
		return SW_P1P2;
	if (is_piv(cmd->data)) {
		/* selected again, the status stays as it is: SP 800-73-4;
		 * a YubiKey 5 forgets it, and its clients count on that */
		if ((c->flags & VCARD_YUBICO) != 0)
			card_forget(c);
		c->selected = true;
		put_template(out);
		return SW_OK;
	}
	if ((c->flags & VCARD_FOREIGN_DESELECTS) != 0)
		card_forget(c);
	else if ((c->flags & VCARD_FOREIGN_CLEARS) != 0) {
		bool selected = c->selected;

		card_forget(c);
		c->selected = selected;
	}
	return SW_NO_OBJECT;
}
