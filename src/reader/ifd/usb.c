/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/usb.h"

#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "reader/config/bundle.h"
#include "reader/usb/halt.h"

#define DEVICE_MAX 64

/* For the life of the process, as struct driver_args wants. */
static char name[WORKER_NAME_MAX + 1], library[PATH_MAX], device[DEVICE_MAX];

/* "usb:VVVV/PPPP:libudev:INTERFACE:NODE", as Debian's pcscd says it. */
static void
describe(const struct usb_reader *r)
{
	char node[USB_NODE_MAX];

	usb_node(&r->at, node);
	(void)snprintf(device, sizeof(device), "usb:%04x/%04x:libudev:%u:%s",
	    r->vendor, r->product, r->at.interface, node);
}

static err_t
match(const char *dir, const struct usb_reader *r)
{
	CLEANUP(bundle_done) struct bundle b = { 0 };
	const struct bundle_device *known;
	struct why why = { 0 };
	err_t e;

	if ((e = bundle_load(dir, &b, &why))) {
		log_err("%s: %s", dir, why_text(&why, e));
		return ERR_UNSUPPORTED;
	}
	if ((known = bundle_find(&b, r->vendor, r->product)) == NULL) {
		log_err(
		    "%s: does not know %04x:%04x", dir, r->vendor, r->product);
		return ERR_UNSUPPORTED;
	}
	if ((e = bundle_library(dir, &b, sizeof(library), library)))
		return e;
	usb_reader_name(r, known->name, sizeof(name), name);
	return ERR_OK;
}

err_t
usb_driver_args(const struct usb_args *usb, struct driver_args *out)
{
	struct usb_reader r;
	char text[USB_TEXT_MAX];
	unsigned int halted;
	err_t e;

	if ((e = usb_find(&usb->at, &r))) {
		usb_text(&usb->at, text);
		log_notice("usb device %s: %s", text, err_text(e));
		return e;
	}
	if ((e = match(usb->bundle, &r)))
		return e;
	if ((halted = usb_go_on(&r)) > 0)
		log_notice("reader \"%s\": it had stopped at %u of its "
			   "endpoints: told to go on",
		    name, halted);
	describe(&r);
	out->name = name;
	out->library = library;
	out->device = device;
	out->usb = true;
	return ERR_OK;
}
