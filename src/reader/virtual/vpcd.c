/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/virtual/vpcd.h"

err_t
vpcd_parse(struct span in, struct span *body, size_t *used)
{
	uint16_t n;
	err_t e;

	if ((e = span_u16(&in, &n)) || (e = span_take(&in, n, body)))
		return e;
	*used = sizeof(n) + n;
	return ERR_OK;
}

err_t
vpcd_put(struct buf *out, struct span body)
{
	if (body.n > UINT16_MAX)
		return ERR_LIMIT;
	buf_put_u16(out, (uint16_t)body.n);
	buf_put(out, body);
	return buf_status(out);
}

void
vpcd_put_control(struct buf *out, enum vpcd_control c)
{
	buf_put_u16(out, 1);
	buf_put_u8(out, (uint8_t)c);
}
