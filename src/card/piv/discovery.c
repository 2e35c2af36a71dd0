/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/discovery.h"

#include "codec/tlv.h"

static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10,
	0x00 };

err_t
piv_discovery_parse(struct span in, struct piv_discovery *out)
{
	struct span obj, id, use;
	err_t e;

	if ((e = tlv_want(&in, 0x7e, &obj)) || (e = span_end(in)) ||
	    (e = tlv_want(&obj, 0x4f, &id)) ||
	    (e = tlv_want(&obj, 0x5f2f, &use)) || (e = span_end(obj)))
		return e;
	if (!span_eq(span_first(id, sizeof(aid)), SPAN_OF(aid)) || use.n != 2)
		return ERR_FORMAT;
	*out = (struct piv_discovery){
		.app_pin = (use.p[0] & 0x40) != 0,
		.global_pin = (use.p[0] & 0x20) != 0,
		.prefer_global = (use.p[0] & 0x20) != 0 && use.p[1] == 0x20,
	};
	return ERR_OK;
}
