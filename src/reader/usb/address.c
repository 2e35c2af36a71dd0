/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/usb/address.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#define USB_MAJOR 189
#define DEVICES 128 /* minors of a bus */

uint32_t
usb_pack(const struct usb_address *a)
{
	return (uint32_t)a->bus << 16 | (uint32_t)a->device << 8 | a->interface;
}

static bool
possible(uint32_t bus, uint32_t device, uint32_t interface)
{
	return bus >= 1 && bus <= UINT8_MAX && device >= 1 &&
	    device < DEVICES && interface <= UINT8_MAX;
}

err_t
usb_unpack(uint32_t packed, struct usb_address *out)
{
	uint32_t bus = packed >> 16, device = packed >> 8 & 0xff;

	if (!possible(bus, device, packed & 0xff))
		return ERR_FORMAT;
	*out = (struct usb_address){ .bus = (uint8_t)bus,
		.device = (uint8_t)device,
		.interface = (uint8_t)packed };
	return ERR_OK;
}

void
usb_text(const struct usb_address *a, char out[USB_TEXT_MAX])
{
	(void)snprintf(
	    out, USB_TEXT_MAX, "%u:%u:%u", a->bus, a->device, a->interface);
}

/* One to three digits off the front. */
static bool
take_number(const char **text, uint32_t *out)
{
	uint32_t v = 0, n = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (++n > 3)
			return false;
		v = v * 10 + (uint32_t)(**text - '0');
	}
	*out = v;
	return n > 0;
}

err_t
usb_parse(const char *text, struct usb_address *out)
{
	uint32_t v[3];

	for (size_t i = 0; i < nitems(v); i++) {
		if (!take_number(&text, &v[i]))
			return ERR_FORMAT;
		if (*text != (i < 2 ? ':' : '\0'))
			return ERR_FORMAT;
		text++;
	}
	if (!possible(v[0], v[1], v[2]))
		return ERR_FORMAT;
	*out = (struct usb_address){ .bus = (uint8_t)v[0],
		.device = (uint8_t)v[1],
		.interface = (uint8_t)v[2] };
	return ERR_OK;
}

void
usb_node(const struct usb_address *a, char out[USB_NODE_MAX])
{
	(void)snprintf(
	    out, USB_NODE_MAX, USB_NODES "/%03u/%03u", a->bus, a->device);
}

dev_t
usb_rdev(const struct usb_address *a)
{
	return makedev(
	    USB_MAJOR, (unsigned int)(a->bus - 1) * DEVICES + a->device - 1u);
}
