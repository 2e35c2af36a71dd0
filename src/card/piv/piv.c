/* SPDX-License-Identifier: BSD-2-Clause */
/* SELECT, GET DATA and the commands that present a PIN or PUK. */
#include "card/piv/piv.h"

#include "card/piv/pin.h"
#include "card/sw.h"
#include "codec/tlv.h"

#define INS_VERIFY 0x20
#define INS_CHANGE_REFERENCE_DATA 0x24
#define INS_RESET_RETRY_COUNTER 0x2c
#define INS_SELECT 0xa4
#define INS_GET_DATA 0xcb
#define P1_BY_NAME 0x04
#define P1_LOGOUT 0xff
#define NOT_A_PIN "the PIN must be 6 to 8 digits; it was not sent to the card"
#define NOT_A_PUK \
	"the PUK must be 6 to 8 characters; it was not sent to the card"

/* SP 800-73-4 Part 1, 2.2: RID and PIX without the version. */
static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10,
	0x00 };

err_t
piv_select(struct piv *p, struct buf *answer, struct why *why)
{
	struct apdu cmd = { .ins = INS_SELECT,
		.p1 = P1_BY_NAME,
		.data = SPAN_OF(aid),
		.le = APDU_SHORT_LE };
	uint16_t sw;
	err_t e;

	if ((e = card_send(p->card, &cmd, answer, &sw, why)))
		return e;
	return sw_check(sw, "selecting the PIV application", why);
}

err_t
piv_get_data(struct piv *p, uint32_t object, struct buf *out, struct why *why)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(8);
	struct apdu cmd = { .ins = INS_GET_DATA, .p1 = 0x3f, .p2 = 0xff };
	uint8_t tag[3] = { (uint8_t)(object >> 16), (uint8_t)(object >> 8),
		(uint8_t)object };
	size_t skip = object > 0xffff ? 0 : object > 0xff ? 1 : 2;
	uint16_t sw;
	err_t e;

	tlv_put(&data, 0x5c, span_from(tag + skip, sizeof(tag) - skip));
	if ((e = buf_status(&data)))
		return e;
	cmd.data = buf_span(&data);
	cmd.le = card_extended(p->card) ? APDU_MAX_LE : APDU_SHORT_LE;
	if ((e = card_send(p->card, &cmd, out, &sw, why)))
		return e;
	return sw_check(sw, "reading the object", why);
}

/* A command whose data is a block of PINs; the answer says how many tries. */
static err_t
present(struct piv *p, struct apdu cmd, const struct secret *block,
    const char *what, unsigned int *tries, struct why *why)
{
	unsigned int left = PIV_TRIES_UNKNOWN;
	uint16_t sw;
	err_t e;

	cmd.data = secret_span(block);
	cmd.secret = true;
	if ((e = card_send(p->card, &cmd, NULL, &sw, why)))
		return e;
	e = sw_check_secret(sw, what, &left, why);
	if (e == ERR_PIN_WRONG || e == ERR_PIN_BLOCKED)
		*tries = left;
	return e;
}

err_t
piv_verify(struct piv *p, const struct secret *pin, unsigned int *tries,
    struct why *why)
{
	CLEANUP(secret_free) struct secret *block = NULL;
	struct apdu cmd = { .ins = INS_VERIFY, .p2 = p->pin_ref };
	err_t e;

	if (!piv_pin_ok(pin))
		return why_add(why, ERR_PIN_FORM, NOT_A_PIN);
	if ((e = piv_pin_block(pin, NULL, &block)))
		return e;
	return present(p, cmd, block, "PIN", tries, why);
}

err_t
piv_pin_status(
    struct piv *p, bool *verified, unsigned int *tries, struct why *why)
{
	struct apdu cmd = { .ins = INS_VERIFY, .p2 = p->pin_ref };
	unsigned int left = PIV_TRIES_UNKNOWN;
	uint16_t sw;
	err_t e;

	if ((e = card_send(p->card, &cmd, NULL, &sw, why)))
		return e;
	e = sw_check_secret(sw, "asking for the PIN tries", &left, NULL);
	if (e != ERR_OK && left == PIV_TRIES_UNKNOWN)
		return sw_check(sw, "asking for the PIN tries", why);
	*verified = e == ERR_OK;
	*tries = left;
	return ERR_OK;
}

/*
 * Anything but 9000 means that nobody can rely on the status being gone, so
 * the caller has to reset; which error it is does not matter to it.
 */
err_t
piv_logout(struct piv *p, struct why *why)
{
	struct apdu cmd = {
		.ins = INS_VERIFY, .p1 = P1_LOGOUT, .p2 = p->pin_ref
	};
	uint16_t sw;
	err_t e;

	if ((e = card_send(p->card, &cmd, NULL, &sw, why)))
		return e;
	if (sw == SW_OK)
		return ERR_OK;
	return why_add(why, ERR_UNSUPPORTED,
	    "clearing the PIN's security status: the card says %s (%04X)",
	    sw_text(sw), sw);
}

err_t
piv_change_pin(struct piv *p, const struct secret *old,
    const struct secret *pin, unsigned int *tries, struct why *why)
{
	CLEANUP(secret_free) struct secret *block = NULL;
	struct apdu cmd = { .ins = INS_CHANGE_REFERENCE_DATA,
		.p2 = p->pin_ref };
	err_t e;

	if (!piv_pin_ok(old) || !piv_pin_ok(pin))
		return why_add(why, ERR_PIN_FORM, NOT_A_PIN);
	if ((e = piv_pin_block(old, pin, &block)))
		return e;
	return present(p, cmd, block, "old PIN", tries, why);
}

/* SP 800-73-4 Part 2, 3.2.3: only the application's own PIN has a PUK. */
err_t
piv_unblock(struct piv *p, const struct secret *puk, const struct secret *pin,
    unsigned int *tries, struct why *why)
{
	CLEANUP(secret_free) struct secret *block = NULL;
	struct apdu cmd = { .ins = INS_RESET_RETRY_COUNTER, .p2 = PIV_REF_PIN };
	err_t e;

	if (!piv_puk_ok(puk))
		return why_add(why, ERR_PIN_FORM, NOT_A_PUK);
	if (!piv_pin_ok(pin))
		return why_add(why, ERR_PIN_FORM, NOT_A_PIN);
	if ((e = piv_pin_block(puk, pin, &block)))
		return e;
	return present(p, cmd, block, "PUK", tries, why);
}
