/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/usb/address.h"

#include <sys/sysmacros.h>

#include "test.h"

TEST(an_address_is_three_numbers_in_their_ranges)
{
	static const struct {
		const char *why, *text;
		err_t want;
	} rows[] = {
		{ "the first", "1:1:0", ERR_OK },
		{ "the last", "255:127:255", ERR_OK },
		{ "leading zeros", "001:002:000", ERR_OK },
		{ "bus 0", "0:1:0", ERR_FORMAT },
		{ "bus 256", "256:1:0", ERR_FORMAT },
		{ "device 0", "1:0:0", ERR_FORMAT },
		{ "device 128", "1:128:0", ERR_FORMAT },
		{ "interface 256", "1:1:256", ERR_FORMAT },
		{ "four digits", "0001:1:0", ERR_FORMAT },
		{ "two numbers", "1:1", ERR_FORMAT },
		{ "four numbers", "1:1:1:1", ERR_FORMAT },
		{ "no number", "1::1", ERR_FORMAT },
		{ "a sign", "1:+1:1", ERR_FORMAT },
		{ "a space", "1: 1:1", ERR_FORMAT },
		{ "something after it", "1:1:1 ", ERR_FORMAT },
		{ "nothing", "", ERR_FORMAT },
	};
	struct usb_address a, b;
	char text[USB_TEXT_MAX];

	for (size_t i = 0; i < nitems(rows); i++) {
		EXPECT_ERR(
		    rows[i].want, usb_parse(rows[i].text, &a), rows[i].why);
		if (rows[i].want != ERR_OK)
			continue;
		usb_text(&a, text);
		EXPECT_OK(usb_parse(text, &b));
		assert_int_equal(usb_pack(&a), usb_pack(&b));
		EXPECT_OK(usb_unpack(usb_pack(&a), &b));
		assert_int_equal(usb_pack(&a), usb_pack(&b));
	}
}

TEST(a_packed_address_may_be_anything_and_is_checked)
{
	static const struct {
		const char *why;
		uint32_t packed;
		err_t want;
	} rows[] = {
		{ "1:2:3", 0x010203, ERR_OK },
		{ "the last", 0xff7fff, ERR_OK },
		{ "bus 0", 0x000203, ERR_FORMAT },
		{ "device 0", 0x010003, ERR_FORMAT },
		{ "device 128", 0x018003, ERR_FORMAT },
		{ "bus 256", 0x1000203, ERR_FORMAT },
		{ "all bits", 0xffffffff, ERR_FORMAT },
		{ "nothing", 0, ERR_FORMAT },
	};
	struct usb_address a;

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, usb_unpack(rows[i].packed, &a), rows[i].why);
}

/* As Linux has it: usb 2-1, device 5 is 189:132. */
TEST(a_node_and_its_number_are_the_kernels)
{
	const struct usb_address a = { .bus = 2, .device = 5 };
	char node[USB_NODE_MAX];

	usb_node(&a, node);
	assert_string_equal(node, "/dev/bus/usb/002/005");
	assert_true(usb_rdev(&a) == makedev(189, 132));
}

TEST_MAIN("reader/usb/address")
