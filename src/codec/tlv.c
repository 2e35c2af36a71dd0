/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/tlv.h"

static err_t
take_tag(struct span *in, uint32_t *tag)
{
	uint32_t t;
	uint8_t b;
	err_t e;

	if ((e = span_u8(in, &b)))
		return e;
	t = b;
	if ((b & 0x1f) != 0x1f) {
		*tag = t;
		return ERR_OK;
	}
	do {
		if (t > 0xffff)
			return ERR_FORMAT; /* a fourth byte */
		if ((e = span_u8(in, &b)))
			return e;
		t = t << 8 | b;
	} while ((b & 0x80) != 0);
	*tag = t;
	return ERR_OK;
}

static err_t
take_length(struct span *in, size_t *len)
{
	size_t n = 0;
	uint8_t b;
	err_t e;

	if ((e = span_u8(in, &b)))
		return e;
	if (b < 0x80) {
		*len = b;
		return ERR_OK;
	}
	if (b == 0x80 || b > 0x83)
		return ERR_FORMAT; /* indefinite, or more than 16 MiB */
	for (unsigned int i = b & 0x7f; i > 0; i--) {
		if ((e = span_u8(in, &b)))
			return e;
		n = n << 8 | b;
	}
	*len = n;
	return ERR_OK;
}

err_t
tlv_next(struct span *in, uint32_t *tag, struct span *val)
{
	struct span at = *in, v;
	uint32_t t;
	size_t len;
	err_t e;

	if ((e = take_tag(&at, &t)) || (e = take_length(&at, &len)) ||
	    (e = span_take(&at, len, &v)))
		return e;
	*in = at;
	*tag = t;
	*val = v;
	return ERR_OK;
}

err_t
tlv_want(struct span *in, uint32_t tag, struct span *val)
{
	struct span at = *in, v;
	uint32_t t;
	err_t e;

	if ((e = tlv_next(&at, &t, &v)))
		return e;
	if (t != tag)
		return ERR_FORMAT;
	*in = at;
	*val = v;
	return ERR_OK;
}

err_t
tlv_find(struct span in, uint32_t tag, struct span *val)
{
	struct span v;
	uint32_t t;
	err_t e;

	while (in.n > 0) {
		if ((e = tlv_next(&in, &t, &v)))
			return e;
		if (t == tag) {
			*val = v;
			return ERR_OK;
		}
	}
	return ERR_ABSENT;
}

err_t
tlv_once(struct span val, struct span *field)
{
	if (field->p != NULL)
		return ERR_FORMAT;
	*field = val;
	return ERR_OK;
}

static void
put_tag(struct buf *b, uint32_t tag)
{
	if (tag > 0xffff)
		buf_put_u8(b, (uint8_t)(tag >> 16));
	if (tag > 0xff)
		buf_put_u8(b, (uint8_t)(tag >> 8));
	buf_put_u8(b, (uint8_t)tag);
}

/* At most four bytes; returns how many. */
static size_t
length_bytes(size_t n, uint8_t out[4])
{
	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return 1;
	}
	if (n < 0x100) {
		out[0] = 0x81;
		out[1] = (uint8_t)n;
		return 2;
	}
	if (n < 0x10000) {
		out[0] = 0x82;
		out[1] = (uint8_t)(n >> 8);
		out[2] = (uint8_t)n;
		return 3;
	}
	out[0] = 0x83;
	out[1] = (uint8_t)(n >> 16);
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return 4;
}

static void
check_length(struct buf *b, size_t n)
{
	if (n > 0xffffff && b->e == ERR_OK)
		b->e = ERR_LIMIT;
}

void
tlv_put(struct buf *b, uint32_t tag, struct span val)
{
	uint8_t len[4];

	check_length(b, val.n);
	put_tag(b, tag);
	buf_put(b, span_from(len, length_bytes(val.n, len)));
	buf_put(b, val);
}

size_t
tlv_open(struct buf *b, uint32_t tag)
{
	put_tag(b, tag);
	return b->n;
}

void
tlv_close(struct buf *b, size_t mark)
{
	uint8_t len[4];
	size_t n;

	if (buf_status(b) != ERR_OK || mark > b->n)
		return;
	n = b->n - mark;
	check_length(b, n);
	buf_insert(b, mark, span_from(len, length_bytes(n, len)));
}
