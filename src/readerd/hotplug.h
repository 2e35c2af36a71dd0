/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USB readers that come and go. For each that a driver bundle knows there is a
 * driver process while it is plugged in; scsd starts it and gives it the device.
 *
 * News from udev (libsystemd's sd-device) only says that it is time to look at
 * /sys again, so what is missed or comes twice does no harm. Without udev we
 * look by the clock.
 */
#ifndef SCS_READERD_HOTPLUG_H
#define SCS_READERD_HOTPLUG_H

#include "readerd/service.h"

#define BUNDLES_MAX 16

struct hotplug;
struct usb_reader;

/*
 * `dirs` are the bundles' folders in the order that scsd knows them by; one
 * that cannot be used is reported and drives nothing. Before the sandbox; what
 * is plugged in is asked for at once. ERR_NOMEM, ERR_IO: no news can be had.
 */
MUST_CHECK err_t hotplug_start(struct service *svc, const char *const *dirs,
    size_t n, struct hotplug **out);
void hotplug_stop(struct hotplug **h);

/*
 * The bundle `index` is in folder `dir`, or what is in it has changed; "": it
 * has gone. What cannot be read leaves a bundle that was there as it was.
 */
void hotplug_bundle(struct hotplug *h, size_t index, const char *dir);

/*
 * The part without USB, for tests: these readers are plugged in now, and no
 * others; `driver[i]` is the number of the bundle that knows reader i.
 */
void hotplug_now(struct service *svc, const struct usb_reader *readers,
    const size_t *driver, size_t n);

#endif
