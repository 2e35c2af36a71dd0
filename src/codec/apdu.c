/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/apdu.h"

/* Le of `n` bytes (1 or 2); zero stands for one more than fits. */
static err_t
take_le(struct span *in, size_t n, uint32_t *le)
{
	uint16_t wide;
	uint8_t narrow;
	err_t e;

	if (n == 1) {
		if ((e = span_u8(in, &narrow)))
			return e;
		*le = narrow == 0 ? APDU_SHORT_LE : narrow;
		return ERR_OK;
	}
	if ((e = span_u16(in, &wide)))
		return e;
	*le = wide == 0 ? APDU_MAX_LE : wide;
	return ERR_OK;
}

/* The bytes after a leading 00: an extended body. */
static err_t
parse_extended(struct span in, struct apdu *out)
{
	uint16_t lc;
	err_t e;

	out->extended = true;
	if (in.n == 2) /* case 2E */
		return take_le(&in, 2, &out->le);
	if ((e = span_u16(&in, &lc)))
		return e;
	if (lc == 0)
		return ERR_FORMAT;
	if ((e = span_take(&in, lc, &out->data)))
		return e;
	if (in.n == 0) /* case 3E */
		return ERR_OK;
	if (in.n != 2) /* case 4E */
		return ERR_FORMAT;
	return take_le(&in, 2, &out->le);
}

static err_t
parse_short(struct span in, uint8_t lc, struct apdu *out)
{
	err_t e;

	if ((e = span_take(&in, lc, &out->data)))
		return e;
	if (in.n == 0) /* case 3S */
		return ERR_OK;
	if (in.n != 1) /* case 4S */
		return ERR_FORMAT;
	return take_le(&in, 1, &out->le);
}

err_t
apdu_parse(struct span raw, struct apdu *out)
{
	struct apdu cmd = { 0 };
	uint8_t first;
	err_t e;

	if ((e = span_u8(&raw, &cmd.cla)) || (e = span_u8(&raw, &cmd.ins)) ||
	    (e = span_u8(&raw, &cmd.p1)) || (e = span_u8(&raw, &cmd.p2)))
		return e;
	if (raw.n == 1) { /* case 2S */
		if ((e = take_le(&raw, 1, &cmd.le)))
			return e;
	} else if (raw.n > 1) {
		if ((e = span_u8(&raw, &first)))
			return e;
		e = first == 0 ? parse_extended(raw, &cmd)
			       : parse_short(raw, first, &cmd);
		if (e != ERR_OK)
			return e;
	}
	*out = cmd;
	return ERR_OK;
}

err_t
apdu_build(const struct apdu *cmd, struct buf *out)
{
	size_t max = cmd->extended ? APDU_MAX_DATA : APDU_SHORT_DATA;
	uint32_t max_le = cmd->extended ? APDU_MAX_LE : APDU_SHORT_LE;

	if (cmd->data.n > max || cmd->le > max_le)
		return ERR_LIMIT;
	buf_put_u8(out, cmd->cla);
	buf_put_u8(out, cmd->ins);
	buf_put_u8(out, cmd->p1);
	buf_put_u8(out, cmd->p2);
	if (cmd->extended && (cmd->data.n > 0 || cmd->le > 0))
		buf_put_u8(out, 0);
	if (cmd->data.n > 0) {
		if (cmd->extended)
			buf_put_u16(out, (uint16_t)cmd->data.n);
		else
			buf_put_u8(out, (uint8_t)cmd->data.n);
		buf_put(out, cmd->data);
	}
	if (cmd->le > 0) {
		if (cmd->extended)
			buf_put_u16(out, (uint16_t)cmd->le);
		else
			buf_put_u8(out, (uint8_t)cmd->le);
	}
	return buf_status(out);
}

err_t
apdu_response(struct span raw, struct span *data, uint16_t *sw)
{
	struct span body, tail;
	err_t e;

	if (raw.n < 2)
		return ERR_SHORT;
	if ((e = span_take(&raw, raw.n - 2, &body)))
		return e;
	tail = raw;
	if ((e = span_u16(&tail, sw)))
		return e;
	*data = body;
	return ERR_OK;
}
