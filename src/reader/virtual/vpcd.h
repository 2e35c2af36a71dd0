/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames of the virtual smart card architecture (vsmartcard's vpcd): a
 * big-endian u16 length, then as many bytes. Reader to card: one byte is a
 * control, anything else a command APDU. Card to reader: the answer to
 * VPCD_GET_ATR or to an APDU; the other controls have none.
 */
#ifndef SCS_READER_VIRTUAL_VPCD_H
#define SCS_READER_VIRTUAL_VPCD_H

#include "base/buf.h"

enum vpcd_control {
	VPCD_POWER_OFF = 0,
	VPCD_POWER_ON = 1,
	VPCD_RESET = 2,
	VPCD_GET_ATR = 4,
};

#define VPCD_FRAME_MAX 65537 /* with its length */

/* The frame at the front of `in`, `used` bytes. ERR_SHORT: not complete. */
MUST_CHECK err_t vpcd_parse(struct span in, struct span *body, size_t *used);

/* Append one frame. ERR_LIMIT: longer than a length can say. */
MUST_CHECK err_t vpcd_put(struct buf *out, struct span body);

/* The same for a control; sticky, as buf_put. */
void vpcd_put_control(struct buf *out, enum vpcd_control c);

#endif
