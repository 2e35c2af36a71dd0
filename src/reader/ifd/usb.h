/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver bundle and a USB device tell about a reader, as pcscd would
 * tell it to the driver. Read here, in the worker, since the device's words are
 * not to be trusted.
 */
#ifndef SCS_READER_IFD_USB_H
#define SCS_READER_IFD_USB_H

#include "reader/driver.h"
#include "reader/usb/address.h"

struct usb_args {
	const char *bundle; /* the folder; NULL: none */
	bool given; /* an address is */
	struct usb_address at;
};

/*
 * The reader's name, the driver's library and what it is told to open, in
 * memory of our own. Failures are logged.
 *
 * ERR_ABSENT       the device has gone
 * ERR_UNSUPPORTED  the bundle does not know it, or cannot be used
 * ERR_LIMIT        a path is too long
 */
MUST_CHECK err_t usb_driver_args(
    const struct usb_args *usb, struct driver_args *out);

#endif
