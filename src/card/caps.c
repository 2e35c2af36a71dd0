/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/caps.h"

#define CATEGORY_STATUS_LAST 0x00 /* the last three bytes are a status */
#define CATEGORY_COMPACT 0x80
#define TAG_CAPABILITIES 7

/*
 * 12.1.1.2: after the category byte come compact TLV objects, a byte of tag and
 * length (four bits each) and the value.
 */
bool
caps_extended(struct span in)
{
	uint8_t category, head;
	struct span val;

	if (span_u8(&in, &category) != ERR_OK)
		return false;
	if (category == CATEGORY_STATUS_LAST && in.n >= 3)
		in = span_first(in, in.n - 3);
	else if (category != CATEGORY_COMPACT)
		return false;

	while (in.n > 0) {
		if (span_u8(&in, &head) != ERR_OK ||
		    span_take(&in, head & 0x0f, &val) != ERR_OK)
			return false;
		if (head >> 4 == TAG_CAPABILITIES)
			return val.n == 3 && (val.p[2] & 0x40) != 0;
	}
	return false;
}
