/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command and response APDUs, ISO/IEC 7816-4:2013, 5.1: the four cases, short
 * and extended. Command chaining (5.1.1.1) and GET RESPONSE belong to the card
 * layer, which uses the pieces here.
 */
#ifndef SCS_CODEC_APDU_H
#define SCS_CODEC_APDU_H

#include "base/buf.h"

#define APDU_SHORT_DATA 255 /* most data bytes of a short command */
#define APDU_SHORT_LE 256 /* most answer bytes it can ask for */
#define APDU_MAX_DATA 65535
#define APDU_MAX_LE 65536
#define APDU_MAX_COMMAND 65544 /* 4 + 3 + 65535 + 2 */
#define APDU_MAX_RESPONSE 65538 /* 65536 + status word */
#define APDU_CLA_CHAIN 0x10 /* "more of this command follows" */

struct apdu {
	uint8_t cla, ins, p1, p2;
	struct span data; /* borrowed; n == 0: no data field */
	uint32_t le; /* most answer bytes wanted, 0: no Le field */
	bool extended; /* lengths are, or are to be, in extended form */
	bool secret; /* data must never be shown */
};

/*
 * Bytes to value. `out->data` is borrowed from `raw`. An Le of 00 (00 00) is
 * 256 (65536). `secret` is left false: only the sender knows.
 *
 * ERR_SHORT   fewer than four bytes, or the data field is cut off
 * ERR_FORMAT  lengths that contradict each other, bytes after the end
 */
MUST_CHECK err_t apdu_parse(struct span raw, struct apdu *out);

/*
 * Value to bytes, appended. Extended form when asked for.
 * ERR_LIMIT: data or Le do not fit into the form.
 */
MUST_CHECK err_t apdu_build(const struct apdu *cmd, struct buf *out);

/* Split an answer into data and status word. ERR_SHORT: under two bytes. */
MUST_CHECK err_t apdu_response(
    struct span raw, struct span *data, uint16_t *sw);

#endif
