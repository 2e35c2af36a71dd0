/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BER-TLV as smart cards use it (ISO/IEC 7816-4:2013, 5.2.2.2): tags of one to
 * three bytes, definite lengths of one to four bytes. Pure functions over
 * bounded views; nesting is in the caller's source, never recursion on input.
 */
#ifndef SCS_CODEC_TLV_H
#define SCS_CODEC_TLV_H

#include "base/buf.h"

/*
 * Take the next item off the front of `in`.
 *
 * in   moves past the item; unchanged on failure
 * tag  1 to 3 bytes as the standard prints them: 0x53, 0x5f2f, 0x5fc102
 * val  borrowed from `in`
 *
 * ERR_SHORT   `in` ends before the item does
 * ERR_FORMAT  indefinite length, or a tag or length of too many bytes
 */
MUST_CHECK err_t tlv_next(struct span *in, uint32_t *tag, struct span *val);

/* The next item, which must have this tag: else ERR_FORMAT, `in` unchanged. */
MUST_CHECK err_t tlv_want(struct span *in, uint32_t tag, struct span *val);

/*
 * The first item with this tag at the top level of `in`. ERR_ABSENT: none.
 * Every item up to it must be well formed.
 */
MUST_CHECK err_t tlv_find(struct span in, uint32_t tag, struct span *val);

/*
 * Keep an item's value in a field that starts as SPAN_NONE. ERR_FORMAT: it has
 * one already.
 */
MUST_CHECK err_t tlv_once(struct span val, struct span *field);

/* Append one whole item; lengths take the shortest form. */
void tlv_put(struct buf *b, uint32_t tag, struct span val);

/*
 * Append an item whose value is written between open and close. They nest.
 * `mark` is what tlv_open returned.
 */
size_t tlv_open(struct buf *b, uint32_t tag);
void tlv_close(struct buf *b, size_t mark);

#endif
