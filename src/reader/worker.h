/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames between scs-readerd and a reader driver's process (scs-ifd):
 * requests over a stream socket, whose end is the end of both; what the process
 * says through a pipe, which costs half the time. Neither side trusts the
 * other's lengths.
 *
 *	u32 bytes of body   at most WORKER_BODY_MAX
 *	u16 type
 *	u16 slot            at most WORKER_SLOTS - 1
 *	u32 id              a request's; its answer has the same; 0 in events
 *	u32 value
 *	body
 *
 * big-endian. A driver's process does the requests for a slot one after the other,
 * in the order in which they come, and those for several slots at the same time
 * where the driver can do that; at most WORKER_AHEAD are outstanding for each.
 *
 * event           value             body
 * WORKER_SLOT     0                 the reader's name for people
 * WORKER_NO_SLOT  0                 - : unplugged
 * WORKER_CARD     WORKER_CARD_*     the ATR if WORKER_CARD_IN; after
 *                                   WORKER_SLOT as soon as it is known
 *
 * request         value             body       body of a good answer
 * WORKER_POWER    WORKER_POWER_*    -          the ATR; empty for _OFF
 * WORKER_PROTOCOL T: 0 or 1         -          -
 * WORKER_TRANSMIT T, 4: raw         command    answer with status word
 * WORKER_CONTROL  control code      input      output
 * WORKER_GET_ATTR attribute         -          its value
 * WORKER_SET_ATTR attribute         value      -
 *
 * answer
 * WORKER_ANSWER   err_t             as above
 */
#ifndef SCS_READER_WORKER_H
#define SCS_READER_WORKER_H

#include "base/buf.h"

/* in scs-ifd: */
#define WORKER_FD 3 /* requests, the socket's end */
#define WORKER_SAY_FD 4 /* answers and events, the pipe's */
#define WORKER_DEVICE_FD 5 /* a virtual reader's listening socket */

#define WORKER_HEADER 16
#define WORKER_BODY_MAX 65548 /* the longest APDU or control buffer */
#define WORKER_SLOTS 16 /* of one driver process */
#define WORKER_AHEAD 8 /* requests for one slot at a time */
#define WORKER_NAME_MAX 121 /* room for " 00 00" in PC/SC's 128 */

enum worker_type {
	WORKER_SLOT = 1,
	WORKER_NO_SLOT,
	WORKER_CARD,
	WORKER_POWER = 0x40,
	WORKER_PROTOCOL,
	WORKER_TRANSMIT,
	WORKER_CONTROL,
	WORKER_GET_ATTR,
	WORKER_SET_ATTR,
	WORKER_ANSWER = 0x80,
};

enum worker_card {
	WORKER_CARD_OUT = 0,
	WORKER_CARD_IN = 1, /* powered, with its ATR */
	WORKER_CARD_MUTE = 2, /* something is in, and says nothing sensible */
};

enum worker_power {
	WORKER_POWER_OFF = 0,
	WORKER_POWER_COLD = 1,
	WORKER_POWER_WARM = 2,
};

struct worker_frame {
	uint16_t type, slot;
	uint32_t id, value;
	struct span body; /* borrowed */
};

/*
 * The frame at the front of `in`; *used is its length.
 * ERR_SHORT: not complete yet. ERR_LIMIT: body or slot over the caps.
 */
MUST_CHECK err_t worker_parse(
    struct span in, struct worker_frame *out, size_t *used);

/* Append; sticky as buf_put. ERR_LIMIT: body over the cap. */
MUST_CHECK err_t worker_build(const struct worker_frame *f, struct buf *out);

#endif
