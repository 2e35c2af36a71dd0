/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes as hexadecimal text and back. */
#ifndef SCS_CODEC_HEX_H
#define SCS_CODEC_HEX_H

#include "base/buf.h"

/*
 * Decode; both cases are taken, blanks and colons between bytes are skipped.
 * ERR_FORMAT: another character. ERR_SHORT: half a byte at the end or before a
 * separator. `out` holds a partial result on failure.
 */
MUST_CHECK err_t hex_decode(struct span text, struct buf *out);

/* Digits without separators into `out`, which needs 2 * s.n + 1 chars. */
void hex_upper(struct span s, char *out);
void hex_lower(struct span s, char *out);

#endif
