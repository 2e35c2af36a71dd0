/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key references and what belongs to each, SP 800-73-4 Part 1, tables 3 and 4b:
 * its certificate's object, its name, when its PIN is due.
 */
#ifndef SCS_CARD_PIV_SLOT_H
#define SCS_CARD_PIV_SLOT_H

#include "base/def.h"

enum piv_slot_ref {
	PIV_SLOT_AUTH = 0x9a,
	PIV_SLOT_SIGN = 0x9c,
	PIV_SLOT_KEYMGMT = 0x9d,
	PIV_SLOT_CARDAUTH = 0x9e,
	PIV_SLOT_RETIRED_FIRST = 0x82,
	PIV_SLOT_RETIRED_LAST = 0x95,
};

/* The object of a slot's certificate; 0: no such slot. */
uint32_t piv_slot_object(uint8_t ref);

bool piv_slot_retired(uint8_t ref);

/*
 * "PIV Authentication", "Retired Key 1", as in labels. Writes at most cap
 * bytes; "" when there is no such slot.
 */
void piv_slot_name(uint8_t ref, char *out, size_t cap);

#endif
