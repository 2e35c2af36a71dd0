/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A USB device's node, given to the one worker that drives it: an entry for the
 * worker's user in the node's access control list (POSIX.1e draft 17; acl(5)).
 * udev is not needed for it, and no other worker can open the device.
 */
#ifndef SCS_SCSD_DEVICE_H
#define SCS_SCSD_DEVICE_H

#include <sys/types.h>

#include "reader/usb/address.h"

/*
 * ERR_REMOVED   no such device: it has been unplugged
 * ERR_FORMAT    what has its name is not that device
 * ERR_IO        the list could not be changed; errno is logged
 */
MUST_CHECK err_t device_grant(const struct usb_address *a, uid_t uid);

/* Take it back; nothing when the device has gone. */
void device_revoke(const struct usb_address *a, uid_t uid);

/*
 * Take away what is left in the lists of all nodes for users of this range: a
 * supervisor that was killed took nothing back, and its workers' users are the
 * next one's. `root` holds a folder for each bus (/dev/bus/usb).
 */
void device_sweep(const char *root, uid_t first, uid_t last);

/*
 * The node in a reader's DEVICENAME, which is a path, and may have more of the
 * driver's own behind a colon ("/dev/ttyS0:GemPCTwin"). False: it names none, or
 * none that has to be given to anybody: everybody may use it.
 */
bool device_line(const char *device, char *out, size_t cap);

/* The same for such a node, which root has named: links are followed. */
MUST_CHECK err_t device_line_grant(const char *node, uid_t uid);
void device_line_revoke(const char *node, uid_t first, uid_t last);

/* The first two, for a descriptor of any file (tests). */
MUST_CHECK err_t device_change(int fd, uid_t uid, bool grant);

#endif
