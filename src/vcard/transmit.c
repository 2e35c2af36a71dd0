/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From bytes to commands and back: class byte, command chaining (ISO/IEC
 * 7816-4:2013, 5.1.1.1), the table of commands, GET RESPONSE (5.1.3, 11.6.1).
 */
#include "vcard/card.h"
#include "vcard/trace.h"

#define CLA_SM 0x0c
#define CLA_CHANNEL 0x03
#define CLA_KNOWN 0x1f /* chaining, secure messaging and channel bits */

struct command {
	uint8_t ins;
	bool selected; /* belongs to the PIV application */
	unsigned int flags; /* of cards that know it; 0: all */
	command_fn *fn;
};

/* clang-format off */
static const struct command commands[] = {
	{ INS_SELECT,       false, 0, select_command },
	{ INS_GET_DATA,     true,  0, get_data_command },
	{ INS_PUT_DATA,     true,  0, put_data_command },
	{ INS_VERIFY,       true,  0, verify_command },
	{ INS_CHANGE,       true,  0, change_command },
	{ INS_RESET_RETRY,  true,  0, reset_retry_command },
	{ INS_AUTHENTICATE, true,  0, authenticate_command },
	{ INS_GENERATE,     true,  0, generate_command },
	{ 0xf8,             true,  VCARD_YUBICO, serial_command },
	{ 0xfa,             true,  VCARD_YUBICO, set_tries_command },
	{ 0xfb,             true,  VCARD_YUBICO, factory_reset_command },
	{ 0xfd,             true,  VCARD_YUBICO, version_command },
	{ 0xfe,             true,  VCARD_YUBICO, import_key_command },
	{ 0xff,             true,  VCARD_YUBICO, set_mgm_command },
};
/* clang-format on */

static const struct command *
command_find(const struct vcard *c, uint8_t ins)
{
	for (size_t i = 0; i < nitems(commands); i++)
		if (commands[i].ins == ins &&
		    (commands[i].flags & ~c->flags) == 0 &&
		    (c->selected || !commands[i].selected))
			return &commands[i];
	return NULL;
}

/*
 * A whole command. What is good for the next command only (a VERIFY for 9C, a
 * challenge of 9B) is gone when another command comes between.
 */
static uint16_t
dispatch(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	const struct command *k = command_find(c, cmd->ins);
	uint16_t sw;

	if (cmd->ins != INS_AUTHENTICATE) {
		c->fresh = false;
		c->step = ADMIN_IDLE;
	}
	if (k == NULL)
		return SW_INS;
	sw = k->fn(c, cmd, out);
	if (sw != SW_OK)
		buf_reset(out);
	else if (buf_status(out) != ERR_OK)
		sw = SW_MEMORY;
	return sw;
}

static uint16_t
class_check(uint8_t cla)
{
	if ((cla & ~CLA_KNOWN) != 0)
		return SW_CLA;
	if ((cla & CLA_SM) != 0)
		return SW_SECURE;
	return (cla & CLA_CHANNEL) != 0 ? SW_CHANNEL : SW_OK;
}

static bool
continues(const struct apdu *head, const struct apdu *cmd)
{
	return head->ins == cmd->ins && head->p1 == cmd->p1 &&
	    head->p2 == cmd->p2;
}

static void
chain_drop(struct vcard *c)
{
	buf_reset(&c->chain);
	c->chain_head = (struct apdu){ 0 };
}

/*
 * What is refused before anybody looks at it was a command all the same: a
 * chain, a PIN for the next command and a challenge end with it.
 */
static void
interrupt(struct vcard *c)
{
	chain_drop(c);
	c->fresh = false;
	c->step = ADMIN_IDLE;
}

/*
 * Add a piece. A piece of another command ends the chain: its data are
 * forgotten and the new command stands for itself.
 */
static uint16_t
chain_add(struct vcard *c, const struct apdu *cmd)
{
	if (c->chain_head.cla != 0 && !continues(&c->chain_head, cmd))
		chain_drop(c);
	if (cmd->ins != INS_AUTHENTICATE)
		c->fresh = false;
	if ((cmd->cla & APDU_CLA_CHAIN) != 0)
		c->chain_head = (struct apdu){ .cla = cmd->cla,
			.ins = cmd->ins,
			.p1 = cmd->p1,
			.p2 = cmd->p2 };
	buf_put(&c->chain, cmd->data);
	if (buf_status(&c->chain) != ERR_OK) {
		chain_drop(c);
		return SW_LENGTH;
	}
	return SW_OK;
}

/*
 * T=0, ISO/IEC 7816-3:2006, 12.2: what answers data has to be fetched, and an Le
 * that is too long is corrected; the answer waits meanwhile.
 */
static bool
t0_waits(const struct vcard *c, const struct apdu *cmd, struct buf *resp)
{
	size_t n = c->pending.n;

	if ((c->flags & VCARD_T0) == 0 || n == 0)
		return false;
	if (cmd->data.n > 0)
		buf_put_u16(resp, (uint16_t)(SW_MORE | (n > 0xff ? 0 : n)));
	else if (n < (cmd->le == 0 ? APDU_SHORT_LE : cmd->le))
		buf_put_u16(resp, (uint16_t)(SW_LE | n));
	else
		return false;
	return true;
}

/* As much as the command asked for, then 61xx or the last status word. */
static void
give(struct vcard *c, const struct apdu *cmd, struct buf *resp)
{
	size_t max = cmd->le;
	size_t left;

	if (t0_waits(c, cmd, resp))
		return;
	if (max == 0)
		max = cmd->extended ? APDU_MAX_LE : APDU_SHORT_LE;
	buf_put(resp, span_first(buf_span(&c->pending), max));
	buf_drop(&c->pending, max < c->pending.n ? max : c->pending.n);
	left = c->pending.n;
	if (left == 0)
		buf_put_u16(resp, c->pending_sw);
	else
		buf_put_u16(
		    resp, (uint16_t)(SW_MORE | (left > 0xff ? 0 : left)));
}

static uint16_t
whole_command(struct vcard *c, const struct apdu *cmd)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(APDU_MAX_LE);
	struct apdu whole = *cmd;
	uint16_t sw;

	whole.data = buf_span(&c->chain);
	sw = dispatch(c, &whole, &out);
	misbehave_answer(c, &whole, &out, &sw);
	chain_drop(c);
	buf_put(&c->pending, buf_span(&out));
	return sw;
}

/* Extended length only where there is; over T=0 no data both ways. */
static uint16_t
form_check(const struct vcard *c, const struct apdu *cmd)
{
	bool both = cmd->data.n > 0 && cmd->le > 0;

	if ((cmd->extended && (c->flags & VCARD_EXTENDED) == 0) ||
	    (both && (c->flags & VCARD_T0) != 0))
		return SW_LENGTH;
	return SW_OK;
}

static void
execute(struct vcard *c, const struct apdu *cmd, struct buf *resp)
{
	uint16_t sw = class_check(cmd->cla);

	if (sw == SW_OK)
		sw = form_check(c, cmd);
	if (sw == SW_OK && cmd->ins == INS_GET_RESPONSE) {
		if (c->pending.n > 0) {
			give(c, cmd, resp);
			return;
		}
		sw = SW_CONDITIONS;
	}
	buf_reset(&c->pending);
	if (sw != SW_OK)
		interrupt(c);
	else
		sw = chain_add(c, cmd);
	if (sw == SW_OK && (cmd->cla & APDU_CLA_CHAIN) == 0)
		sw = whole_command(c, cmd);
	c->pending_sw = sw;
	give(c, cmd, resp);
}

static void
count(struct vcard *c, struct span raw)
{
	c->counts.total++;
	c->counts.bytes_in += raw.n;
	if (raw.n >= 2)
		c->counts.by_ins[raw.p[1]]++;
}

err_t
vcard_transmit(struct vcard *c, struct span raw, struct buf *resp)
{
	struct apdu cmd = { 0 };
	bool whole;
	err_t e;

	buf_reset(resp);
	if (!c->powered)
		return ERR_REMOVED;
	count(c, raw);
	whole = apdu_parse(raw, &cmd) == ERR_OK;
	if ((e = misbehave_before(c, &cmd)))
		return e;
	if (whole) {
		execute(c, &cmd, resp);
	} else {
		interrupt(c);
		buf_put_u16(resp, SW_LENGTH);
	}
	if ((e = misbehave_after(c, &cmd, resp)))
		buf_reset(resp); /* nobody hears it */
	trace_command(c, &cmd, buf_span(resp));
	if (e != ERR_OK)
		return e;
	c->counts.bytes_out += resp->n;
	return buf_status(resp);
}
