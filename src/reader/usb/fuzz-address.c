/* SPDX-License-Identifier: BSD-2-Clause */
/* An address that is taken is one that can be, and reads as it was written. */
#include "fuzz.h"
#include "reader/usb/address.h"

#include <string.h>

static void
same(const struct usb_address *a)
{
	struct usb_address b;
	char text[USB_TEXT_MAX], node[USB_NODE_MAX];

	usb_text(a, text);
	usb_node(a, node);
	FUZZ_PROMISE(a->bus > 0 && a->device > 0 && a->device < 128);
	FUZZ_PROMISE(strlen(node) == strlen("/dev/bus/usb/001/001"));
	FUZZ_PROMISE(usb_parse(text, &b) == ERR_OK);
	FUZZ_PROMISE(usb_pack(&b) == usb_pack(a));
	FUZZ_PROMISE(usb_unpack(usb_pack(a), &b) == ERR_OK);
	FUZZ_PROMISE(usb_pack(&b) == usb_pack(a));
}

void
fuzz_one(struct span in)
{
	struct usb_address a;
	char text[64] = { 0 };
	uint32_t packed;

	if (span_u32(&in, &packed) == ERR_OK &&
	    usb_unpack(packed, &a) == ERR_OK)
		same(&a);
	in = span_first(in, sizeof(text) - 1);
	if (in.n > 0)
		memcpy(text, in.p, in.n);
	if (usb_parse(text, &a) == ERR_OK)
		same(&a);
}
