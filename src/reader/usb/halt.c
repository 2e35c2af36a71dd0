/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/usb/halt.h"

#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

#define ANSWER_MS 1000u /* standard requests are answered in half of it */

static bool
has_endpoint(const struct usb_reader *r, unsigned int address)
{
	char path[USB_PLACE_MAX + 32];

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/ep_%02x",
	    r->place, address);
	return access(path, F_OK) == 0;
}

static bool
is_halted(int node, unsigned int address)
{
	uint8_t status[2] = { 0 };
	struct usbdevfs_ctrltransfer ask = {
		.bRequestType =
		    USB_DIR_IN | USB_TYPE_STANDARD | USB_RECIP_ENDPOINT,
		.bRequest = USB_REQ_GET_STATUS,
		.wIndex = (uint16_t)address,
		.wLength = sizeof(status),
		.timeout = ANSWER_MS,
		.data = status,
	};

	return ioctl(node, USBDEVFS_CONTROL, &ask) == (int)sizeof(status) &&
	    (status[0] & 1u << USB_ENDPOINT_HALT) != 0;
}

static unsigned int
go_on_all(int node, const struct usb_reader *r)
{
	unsigned int n = 0;

	for (unsigned int i = 2; i <= 2 * USB_ENDPOINT_NUMBER_MASK + 1; i++) {
		unsigned int address = i / 2 | (i % 2 ? USB_DIR_IN : 0u);

		if (has_endpoint(r, address) && is_halted(node, address) &&
		    ioctl(node, USBDEVFS_CLEAR_HALT, &address) == 0)
			n++;
	}
	return n;
}

unsigned int
usb_go_on(const struct usb_reader *r)
{
	unsigned int interface = r->at.interface, n;
	char path[USB_NODE_MAX];
	CLOSE_FD int node = -1;

	usb_node(&r->at, path);
	node = open(path, O_RDWR | O_CLOEXEC);
	if (node < 0 || ioctl(node, USBDEVFS_CLAIMINTERFACE, &interface) != 0)
		return 0;
	n = go_on_all(node, r);
	(void)ioctl(node, USBDEVFS_RELEASEINTERFACE, &interface);
	return n;
}
