/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on the USB busses that a reader driver may want, as the kernel shows
 * it in /sys. The strings are the devices' own words: not trusted.
 */
#ifndef SCS_READER_USB_SCAN_H
#define SCS_READER_USB_SCAN_H

#include "reader/usb/address.h"

#define USB_PLACE_MAX 64
#define USB_STRING_MAX 64 /* longer ones are cut */

/* Interface classes (usb.org, "Defined Class Codes"). */
#define USB_CLASS_PER_INTERFACE 0x00
#define USB_CLASS_SMART_CARD 0x0b
#define USB_CLASS_VENDOR 0xff

struct usb_reader {
	struct usb_address at;
	uint16_t vendor, product;
	uint8_t class; /* of the interface */
	/* the interface's name in /sys, which says the port: "1-1.2:1.0" */
	char place[USB_PLACE_MAX];
	/* for people, "": none */
	char interface[USB_STRING_MAX], serial[USB_STRING_MAX];
};

/*
 * Call `fn` for each interface of the three classes above, of devices that are
 * not marked to be left alone (udev's PCSCLITE_IGNORE, as for pcsc-lite); `r`
 * is borrowed during the call. One that udev has not dealt with yet is passed
 * over where udev runs: its news is to come. ERR_IO: /sys cannot be read.
 */
MUST_CHECK err_t usb_scan(
    void (*fn)(const struct usb_reader *r, void *ctx), void *ctx);

/* The one at this address. ERR_ABSENT, ERR_IO. */
MUST_CHECK err_t usb_find(const struct usb_address *at, struct usb_reader *out);

/* udev manages devices here, and tells of them. */
bool usb_udev_runs(void);

/*
 * pcsc-lite's name for a reader: "NAME [INTERFACE] (SERIAL)", without what is
 * missing; bytes that are not for people become '?'. Cut at `max`, which
 * includes the NUL.
 */
void usb_reader_name(
    const struct usb_reader *r, const char *name, size_t max, char *out);

#endif
