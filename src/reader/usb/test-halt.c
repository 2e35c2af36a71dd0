/* SPDX-License-Identifier: BSD-2-Clause */
/* With a device: the machine of check-usb. */
#include "reader/usb/halt.h"

#include "test.h"

TEST(where_no_device_is_nothing_has_halted)
{
	struct usb_reader r = { .at = { .bus = 255, .device = 127 } };

	(void)snprintf(r.place, sizeof(r.place), "255-127:1.0");
	assert_int_equal(usb_go_on(&r), 0);
}

/* Longer than any name that the kernel gives. */
TEST(the_longest_name_has_room)
{
	struct usb_reader r = { .at = { .bus = 255, .device = 127 } };

	memset(r.place, '9', sizeof(r.place) - 1);
	assert_int_equal(usb_go_on(&r), 0);
}

TEST_MAIN("reader/usb/halt")
