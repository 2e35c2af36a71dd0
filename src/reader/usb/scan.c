/* SPDX-License-Identifier: BSD-2-Clause */
/* By libsystemd's sd-device, which reads /sys and udev's database. */
#include "reader/usb/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-device.h>
#include <unistd.h>

#include "base/text.h"

/* sd-device 252 has no _unrefp in its interface. */
static void
unref_enumerator(sd_device_enumerator **e)
{
	*e = sd_device_enumerator_unref(*e);
}

bool
usb_udev_runs(void)
{
	return access("/run/udev/control", F_OK) == 0;
}

/* An attribute that is one number, no larger than `max`. */
static bool
number(sd_device *d, const char *name, int base, unsigned long max,
    unsigned long *out)
{
	const char *text;
	char *end;
	unsigned long v;

	if (sd_device_get_sysattr_value(d, name, &text) < 0)
		return false;
	errno = 0;
	v = strtoul(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || v > max)
		return false;
	*out = v;
	return true;
}

static void
copy_text(sd_device *d, const char *name, char out[USB_STRING_MAX])
{
	const char *text;

	out[0] = '\0';
	if (sd_device_get_sysattr_value(d, name, &text) < 0)
		return;
	(void)snprintf(out, USB_STRING_MAX, "%s", text);
	text_clean(out);
}

static bool
ignored(sd_device *d)
{
	const char *value;

	return sd_device_get_property_value(d, "PCSCLITE_IGNORE", &value) >=
	    0 &&
	    strcmp(value, "1") == 0;
}

static bool
read_numbers(sd_device *iface, sd_device *device, struct usb_reader *r)
{
	unsigned long class, number_of, vendor, product, bus, dev;

	if (!number(iface, "bInterfaceClass", 16, UINT8_MAX, &class) ||
	    !number(iface, "bInterfaceNumber", 16, UINT8_MAX, &number_of) ||
	    !number(device, "idVendor", 16, UINT16_MAX, &vendor) ||
	    !number(device, "idProduct", 16, UINT16_MAX, &product) ||
	    !number(device, "busnum", 10, UINT8_MAX, &bus) ||
	    !number(device, "devnum", 10, UINT8_MAX, &dev))
		return false;
	r->class = (uint8_t) class;
	r->vendor = (uint16_t)vendor;
	r->product = (uint16_t)product;
	return usb_unpack((uint32_t)(bus << 16 | dev << 8 | number_of),
		   &r->at) == ERR_OK;
}

/* False: not for us, or it has just gone. */
static bool
describe(sd_device *iface, bool udev, struct usb_reader *r)
{
	sd_device *device; /* borrowed from iface */
	const char *place;

	*r = (struct usb_reader){ 0 };
	if (sd_device_get_parent_with_subsystem_devtype(
		iface, "usb", "usb_device", &device) < 0 ||
	    (udev && sd_device_get_is_initialized(device) <= 0) ||
	    !read_numbers(iface, device, r))
		return false;
	if (r->class != USB_CLASS_SMART_CARD && r->class != USB_CLASS_VENDOR &&
	    r->class != USB_CLASS_PER_INTERFACE)
		return false;
	if (ignored(iface) || ignored(device) ||
	    sd_device_get_sysname(iface, &place) < 0 ||
	    strlen(place) >= sizeof(r->place))
		return false;
	(void)snprintf(r->place, sizeof(r->place), "%s", place);
	copy_text(iface, "interface", r->interface);
	copy_text(device, "serial", r->serial);
	return true;
}

err_t
usb_scan(void (*fn)(const struct usb_reader *r, void *ctx), void *ctx)
{
	CLEANUP(unref_enumerator) sd_device_enumerator *e = NULL;
	const bool udev = usb_udev_runs();
	struct usb_reader r;

	if (sd_device_enumerator_new(&e) < 0 ||
	    sd_device_enumerator_add_match_subsystem(e, "usb", true) < 0 ||
	    sd_device_enumerator_add_match_property(
		e, "DEVTYPE", "usb_interface") < 0 ||
	    (!udev && sd_device_enumerator_allow_uninitialized(e) < 0))
		return ERR_IO;
	for (sd_device *d = sd_device_enumerator_get_device_first(e); d != NULL;
	     d = sd_device_enumerator_get_device_next(e)) {
		if (describe(d, udev, &r))
			fn(&r, ctx);
	}
	return ERR_OK;
}

struct wanted {
	uint32_t at;
	struct usb_reader *out;
	bool found;
};

static void
compare(const struct usb_reader *r, void *ctx)
{
	struct wanted *w = ctx;

	if (usb_pack(&r->at) != w->at)
		return;
	*w->out = *r;
	w->found = true;
}

err_t
usb_find(const struct usb_address *at, struct usb_reader *out)
{
	struct wanted w = { .at = usb_pack(at), .out = out };
	err_t e;

	if ((e = usb_scan(compare, &w)))
		return e;
	return w.found ? ERR_OK : ERR_ABSENT;
}

void
usb_reader_name(
    const struct usb_reader *r, const char *name, size_t max, char *out)
{
	const bool iface = r->interface[0] != '\0';
	const bool serial = r->serial[0] != '\0';

	(void)snprintf(out, max, "%s%s%s%s%s%s%s", name, iface ? " [" : "",
	    r->interface, iface ? "]" : "", serial ? " (" : "", r->serial,
	    serial ? ")" : "");
	text_clean(out);
}
