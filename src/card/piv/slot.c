/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/slot.h"

#include <stdio.h>

static const struct {
	uint8_t ref;
	uint32_t object;
	const char *name;
} slots[] = {
	{ PIV_SLOT_AUTH, 0x5fc105, "PIV Authentication" },
	{ PIV_SLOT_SIGN, 0x5fc10a, "Digital Signature" },
	{ PIV_SLOT_KEYMGMT, 0x5fc10b, "Key Management" },
	{ PIV_SLOT_CARDAUTH, 0x5fc101, "Card Authentication" },
};

#define RETIRED_FIRST_OBJECT 0x5fc10d /* of 82; consecutive up to 95 */

bool
piv_slot_retired(uint8_t ref)
{
	return ref >= PIV_SLOT_RETIRED_FIRST && ref <= PIV_SLOT_RETIRED_LAST;
}

uint32_t
piv_slot_object(uint8_t ref)
{
	if (piv_slot_retired(ref))
		return RETIRED_FIRST_OBJECT + (uint32_t)ref -
		    PIV_SLOT_RETIRED_FIRST;
	for (size_t i = 0; i < nitems(slots); i++)
		if (slots[i].ref == ref)
			return slots[i].object;
	return 0;
}

void
piv_slot_name(uint8_t ref, char *out, size_t cap)
{
	const char *name = "";

	for (size_t i = 0; i < nitems(slots); i++)
		if (slots[i].ref == ref)
			name = slots[i].name;
	if (piv_slot_retired(ref))
		(void)snprintf(out, cap, "Retired Key %d",
		    ref - PIV_SLOT_RETIRED_FIRST + 1);
	else
		(void)snprintf(out, cap, "%s", name);
}
