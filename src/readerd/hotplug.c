/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/hotplug.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-device.h>

#include "base/clock.h"
#include "base/log.h"
#include "reader/config/bundle.h"
#include "reader/usb/scan.h"

#define READERS_MAX IFDS_MAX
#define SOON_USEC 10000u /* the news of one plug come together */
#define AGAIN_USEC 10000000u /* in case some news was lost */
#define AGAIN_BLIND_USEC 1000000u /* without udev */

struct hotplug {
	struct service *svc; /* borrowed */
	struct bundle bundles[BUNDLES_MAX];
	size_t bundles_n;
	sd_device_monitor *monitor; /* NULL: no udev */
	sd_event_source *soon, *again;
	/* of the scan in work */
	struct usb_reader found[READERS_MAX];
	size_t driver[READERS_MAX];
	size_t n;
	/* readers that nobody knows, reported once while they are there */
	uint32_t unknown[READERS_MAX], was_unknown[READERS_MAX];
	size_t unknown_n, was_unknown_n;
};

/* ---- drivers for what is there */

static bool
is_for(const struct ifd *ifd, const struct usb_reader *r, size_t driver)
{
	return ifd->kind == WORKER_USB && !ifd->idle &&
	    ifd->device == usb_pack(&r->at) && ifd->what == driver &&
	    strcmp(ifd->place, r->place) == 0;
}

static bool
has_driver(struct service *svc, const struct usb_reader *r, size_t driver)
{
	for (size_t i = 0; i < svc->ifds_n; i++) {
		if (is_for(&svc->ifds[i], r, driver))
			return true;
	}
	return false;
}

/* One whose reader was in the same port, one that is free, or a new one. */
static struct ifd *
free_ifd(struct service *svc, const char *place)
{
	struct ifd *found = NULL;

	for (size_t i = 0; i < svc->ifds_n; i++) {
		struct ifd *ifd = &svc->ifds[i];

		if (ifd->kind != WORKER_USB || !ifd->idle)
			continue;
		if (strcmp(ifd->place, place) == 0)
			return ifd;
		if (found == NULL)
			found = ifd;
	}
	if (found == NULL && svc->ifds_n < IFDS_MAX)
		found = &svc->ifds[svc->ifds_n++];
	return found;
}

static void
plug(struct service *svc, const struct usb_reader *r, size_t driver)
{
	struct ifd *ifd = free_ifd(svc, r->place);

	if (ifd == NULL) {
		log_warning("usb %s: too many readers: left out", r->place);
		return;
	}
	ifd->kind = WORKER_USB;
	ifd->what = (uint32_t)driver;
	ifd->device = usb_pack(&r->at);
	(void)memcpy(ifd->place, r->place, sizeof(ifd->place));
	ifd_wake(ifd);
}

static bool
is_there(const struct ifd *ifd, const struct usb_reader *readers,
    const size_t *driver, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_for(ifd, &readers[i], driver[i]))
			return true;
	}
	return false;
}

void
hotplug_now(struct service *svc, const struct usb_reader *readers,
    const size_t *driver, size_t n)
{
	for (size_t i = 0; i < svc->ifds_n; i++) {
		struct ifd *ifd = &svc->ifds[i];

		if (ifd->kind == WORKER_USB && !ifd->idle &&
		    !is_there(ifd, readers, driver, n))
			ifd_rest(ifd);
	}
	for (size_t i = 0; i < n; i++) {
		if (!has_driver(svc, &readers[i], driver[i]))
			plug(svc, &readers[i], driver[i]);
	}
}

/* ---- what is there */

static void
report_unknown(struct hotplug *h, const struct usb_reader *r)
{
	const uint32_t at = usb_pack(&r->at);

	if (r->class != USB_CLASS_SMART_CARD || h->unknown_n == READERS_MAX)
		return;
	h->unknown[h->unknown_n++] = at;
	for (size_t i = 0; i < h->was_unknown_n; i++) {
		if (h->was_unknown[i] == at)
			return;
	}
	log_warning("usb %s: no driver knows the reader %04x:%04x: install its "
		    "driver",
	    r->place, r->vendor, r->product);
}

static void
on_found(const struct usb_reader *r, void *ctx)
{
	struct hotplug *h = ctx;
	size_t driver =
	    bundle_choose(h->bundles, h->bundles_n, r->vendor, r->product);

	if (driver == h->bundles_n) {
		report_unknown(h, r);
	} else if (h->n == READERS_MAX) {
		log_warning("usb %s: too many readers: left out", r->place);
	} else {
		h->found[h->n] = *r;
		h->driver[h->n++] = driver;
	}
}

static bool
has_card_interface(const struct hotplug *h, const struct usb_address *at)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct usb_reader *r = &h->found[i];

		if (r->at.bus == at->bus && r->at.device == at->device &&
		    r->class == USB_CLASS_SMART_CARD)
			return true;
	}
	return false;
}

/*
 * A device that says which of its interfaces are for cards is believed: its
 * others, a keyboard say, are not for a reader's driver.
 */
static void
drop_other_interfaces(struct hotplug *h)
{
	for (size_t i = 0; i < h->n;) {
		if (h->found[i].class == USB_CLASS_SMART_CARD ||
		    !has_card_interface(h, &h->found[i].at)) {
			i++;
			continue;
		}
		h->n--;
		h->found[i] = h->found[h->n];
		h->driver[i] = h->driver[h->n];
	}
}

static void
look(struct hotplug *h)
{
	h->n = h->unknown_n = 0;
	h->svc->looking = false;
	if (usb_scan(on_found, h) != ERR_OK) {
		log_err("USB readers cannot be looked for in /sys");
		return;
	}
	drop_other_interfaces(h);
	hotplug_now(h->svc, h->found, h->driver, h->n);
	memcpy(h->was_unknown, h->unknown, sizeof(h->unknown));
	h->was_unknown_n = h->unknown_n;
}

static int
on_soon(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	look(data);
	return 0;
}

static int
on_news(sd_device_monitor *m UNUSED, sd_device *d UNUSED, void *data)
{
	struct hotplug *h = data;

	if (sd_event_source_set_time_relative(h->soon, SOON_USEC) < 0 ||
	    sd_event_source_set_enabled(h->soon, SD_EVENT_ONESHOT) < 0)
		log_err("no timer to look for USB readers");
	return 0;
}

static int
on_again(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct hotplug *h = data;

	if (h->bundles_n > 0)
		look(h);
	(void)sd_event_source_set_time_relative(
	    src, usb_udev_runs() ? AGAIN_USEC : AGAIN_BLIND_USEC);
	(void)sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	return 0;
}

/* ---- start and end */

static err_t
watch(struct hotplug *h)
{
	sd_event *ev = h->svc->ev;

	if (sd_event_add_time_relative(
		ev, &h->soon, CLOCK_MONOTONIC, 0, 1000, on_soon, h) < 0 ||
	    sd_event_add_time_relative(ev, &h->again, CLOCK_MONOTONIC,
		AGAIN_BLIND_USEC, 100000, on_again, h) < 0)
		return ERR_NOMEM;
	if (sd_device_monitor_new(&h->monitor) < 0 ||
	    sd_device_monitor_filter_add_match_subsystem_devtype(
		h->monitor, "usb", "usb_interface") < 0 ||
	    sd_device_monitor_attach_event(h->monitor, ev) < 0 ||
	    sd_device_monitor_start(h->monitor, on_news, h) < 0)
		return ERR_IO;
	return ERR_OK;
}

static void
load(struct bundle *b, const char *dir)
{
	struct bundle fresh = { 0 };
	struct why why = { 0 };
	err_t e = bundle_load(dir, &fresh, &why);

	if (e != ERR_OK) {
		log_err("reader drivers in %s: %s: left out", dir,
		    why_text(&why, e));
		return;
	}
	log_debug("reader drivers in %s: %zu devices", dir, fresh.n);
	bundle_done(b);
	*b = fresh;
}

void
hotplug_bundle(struct hotplug *h, size_t index, const char *dir)
{
	if (index >= BUNDLES_MAX)
		return;
	if (h->bundles_n <= index)
		h->bundles_n = index + 1;
	if (dir[0] == '\0')
		bundle_done(&h->bundles[index]);
	else
		load(&h->bundles[index], dir);
	on_news(NULL, NULL, h);
}

err_t
hotplug_start(struct service *svc, const char *const *dirs, size_t n,
    struct hotplug **out)
{
	struct hotplug *h;
	err_t e;

	if (n > BUNDLES_MAX)
		return ERR_LIMIT;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return ERR_NOMEM;
	h->svc = svc;
	for (; h->bundles_n < n; h->bundles_n++)
		load(&h->bundles[h->bundles_n], dirs[h->bundles_n]);
	if ((e = watch(h))) {
		hotplug_stop(&h);
		return e;
	}
	svc->looking = true;
	svc->hotplug = h;
	*out = h;
	return ERR_OK;
}

void
hotplug_stop(struct hotplug **hp)
{
	struct hotplug *h = *hp;

	if (h == NULL)
		return;
	h->svc->hotplug = NULL;
	sd_event_source_disable_unref(h->soon);
	sd_event_source_disable_unref(h->again);
	sd_device_monitor_unref(h->monitor);
	for (size_t i = 0; i < h->bundles_n; i++)
		bundle_done(&h->bundles[i]);
	free(h);
	*hp = NULL;
}
