/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a USB reader is: the bus and the number that the kernel gave the device
 * on it, and the interface of the device that is the reader. In one integer it
 * goes through the control channel (ipc/control.h), as text to scs-ifd.
 */
#ifndef SCS_READER_USB_ADDRESS_H
#define SCS_READER_USB_ADDRESS_H

#include <sys/types.h>

#include "base/err.h"

#define USB_NODES "/dev/bus/usb"
#define USB_NODE_MAX 32 /* /dev/bus/usb/BBB/DDD with NUL */
#define USB_TEXT_MAX 16 /* BUS:DEVICE:INTERFACE with NUL */

struct usb_address {
	uint8_t bus; /* 1 to 255 */
	uint8_t device; /* 1 to 127 */
	uint8_t interface;
};

uint32_t usb_pack(const struct usb_address *a);

/* ERR_FORMAT: not what usb_pack() gives. */
MUST_CHECK err_t usb_unpack(uint32_t packed, struct usb_address *out);

/* "BUS:DEVICE:INTERFACE", decimal. */
void usb_text(const struct usb_address *a, char out[USB_TEXT_MAX]);
MUST_CHECK err_t usb_parse(const char *text, struct usb_address *out);

/* Its node, which is the character device usb_rdev() (Documentation/admin-guide
 * /devices.txt, major 189). */
void usb_node(const struct usb_address *a, char out[USB_NODE_MAX]);
dev_t usb_rdev(const struct usb_address *a);

#endif
