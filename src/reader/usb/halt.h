/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader that has halted an endpoint (USB 2.0, 9.4.5) answers nothing there
 * until it is told to go on, not even who opens it anew: a driver that does not
 * look, as libccid, would fail for as long as the reader is plugged in.
 */
#ifndef SCS_READER_USB_HALT_H
#define SCS_READER_USB_HALT_H

#include "reader/usb/scan.h"

/*
 * Before a driver opens the reader: go on where it has halted. Returns at how
 * many endpoints that was; 0 also where nobody can say, or another has it.
 */
unsigned int usb_go_on(const struct usb_reader *r);

#endif
