/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/history.h"

#include "codec/tlv.h"

static err_t
count(struct span obj, uint32_t tag, uint8_t *out)
{
	struct span val;

	if (tlv_find(obj, tag, &val) != ERR_OK || val.n != 1)
		return ERR_FORMAT;
	*out = val.p[0];
	return ERR_OK;
}

err_t
piv_history_parse(struct span in, struct piv_history *out)
{
	struct piv_history h;
	struct span obj, rest, val;
	uint32_t tag;
	err_t e;

	if ((e = tlv_want(&in, 0x53, &obj)) || (e = span_end(in)))
		return e;
	for (rest = obj; rest.n > 0;)
		if ((e = tlv_next(&rest, &tag, &val)))
			return e;
	if ((e = count(obj, 0xc1, &h.on_card)) ||
	    (e = count(obj, 0xc2, &h.off_card)))
		return e;
	if (h.on_card + h.off_card > PIV_RETIRED_MAX)
		return ERR_FORMAT;
	*out = h;
	return ERR_OK;
}
