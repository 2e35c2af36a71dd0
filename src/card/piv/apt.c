/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/apt.h"

#include "codec/tlv.h"

static const uint8_t rid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08 };
static const uint8_t pix[] = { 0x00, 0x00, 0x10, 0x00 }; /* less version */

/* The standard says PIX; many cards answer with the whole identifier. */
static bool
is_piv(struct span id)
{
	struct span head = span_first(id, sizeof(rid));

	if (span_eq(head, SPAN_OF(rid)))
		id = span_from(id.p + sizeof(rid), id.n - sizeof(rid));
	return span_eq(span_first(id, sizeof(pix)), SPAN_OF(pix));
}

err_t
piv_apt_parse(struct span in, struct piv_apt *out)
{
	struct piv_apt apt = { 0 };
	struct span obj, val;
	uint32_t tag;
	err_t e;

	if (in.n == 0) {
		*out = apt;
		return ERR_OK;
	}
	if ((e = tlv_want(&in, 0x61, &obj)) || (e = span_end(in)))
		return e;
	while (obj.n > 0) {
		if ((e = tlv_next(&obj, &tag, &val)))
			return e;
		if (tag == 0x4f)
			apt.pix = val;
		else if (tag == 0x50)
			apt.label = val;
	}
	if (!is_piv(apt.pix))
		return ERR_FORMAT;
	*out = apt;
	return ERR_OK;
}
