/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/usb/scan.h"

#include "test.h"

TEST(a_name_is_pcsc_lites)
{
	static const struct {
		const char *why, *interface, *serial, *want;
	} rows[] = {
		{ "both", "CCID", "007", "R [CCID] (007)" },
		{ "no serial number", "CCID", "", "R [CCID]" },
		{ "no interface", "", "007", "R (007)" },
		{ "neither", "", "", "R" },
		{ "a line end in it", "A\nB", "", "R [A?B]" },
		{ "an escape", "\033[2J", "", "R [?[2J]" },
		{ "not UTF-8", "\xff", "", "R [?]" },
	};
	struct usb_reader r;
	char name[64];

	for (size_t i = 0; i < nitems(rows); i++) {
		r = (struct usb_reader){ 0 };
		(void)snprintf(
		    r.interface, sizeof(r.interface), "%s", rows[i].interface);
		(void)snprintf(
		    r.serial, sizeof(r.serial), "%s", rows[i].serial);
		usb_reader_name(&r, "R", sizeof(name), name);
		if (strcmp(name, rows[i].want) != 0)
			fail_msg("%s: \"%s\"", rows[i].why, name);
	}
}

TEST(a_long_name_is_cut)
{
	struct usb_reader r = { 0 };
	char name[16];

	memset(r.interface, 'i', sizeof(r.interface) - 1);
	memset(r.serial, 's', sizeof(r.serial) - 1);
	usb_reader_name(&r, "Reader", sizeof(name), name);
	assert_string_equal(name, "Reader [iiiiiii");
}

static void
good(const struct usb_reader *r, void *ctx)
{
	unsigned int *n = ctx;
	struct usb_reader again;

	(*n)++;
	assert_true(r->class == USB_CLASS_SMART_CARD ||
	    r->class == USB_CLASS_VENDOR ||
	    r->class == USB_CLASS_PER_INTERFACE);
	assert_true(r->place[0] != '\0');
	EXPECT_OK(usb_find(&r->at, &again));
	assert_string_equal(again.place, r->place);
}

/* Whatever this machine has; most test machines have no USB at all. */
TEST(a_scan_of_this_machine_ends_and_finds_what_it_found)
{
	const struct usb_address nowhere = { .bus = 255, .device = 127 };
	struct usb_reader r;
	unsigned int n = 0;

	EXPECT_OK(usb_scan(good, &n));
	EXPECT_ERR(ERR_ABSENT, usb_find(&nowhere, &r), "nothing is there");
}

TEST_MAIN("reader/usb/scan")
