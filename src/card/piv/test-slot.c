/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/slot.h"

#include "test.h"

TEST(slots_have_the_objects_and_names_of_the_standard)
{
	static const struct {
		uint8_t ref;
		uint32_t object;
		const char *name;
	} rows[] = {
		{ 0x9a, 0x5fc105, "PIV Authentication" },
		{ 0x9c, 0x5fc10a, "Digital Signature" },
		{ 0x9d, 0x5fc10b, "Key Management" },
		{ 0x9e, 0x5fc101, "Card Authentication" },
		{ 0x82, 0x5fc10d, "Retired Key 1" },
		{ 0x95, 0x5fc120, "Retired Key 20" },
		{ 0x81, 0, "" },
		{ 0x96, 0, "" },
		{ 0x9b, 0, "" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		char name[32];

		assert_int_equal(piv_slot_object(rows[i].ref), rows[i].object);
		piv_slot_name(rows[i].ref, name, sizeof(name));
		assert_string_equal(name, rows[i].name);
	}
}

TEST_MAIN("card/piv/slot")
