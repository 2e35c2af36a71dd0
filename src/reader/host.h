/* SPDX-License-Identifier: BSD-2-Clause */
/* The channel to scs-readerd, from inside a driver's process. */
#ifndef SCS_READER_HOST_H
#define SCS_READER_HOST_H

#include "reader/driver.h"
#include "reader/stream.h"

struct host {
	sd_event *ev; /* borrowed */
	const struct driver *driver;
	void *self; /* the driver's own */
	struct stream channel;
	bool asked; /* the driver has a request in work */
	bool inside; /* take_requests() */
};

/*
 * `fd` (requests) and `say` (a pipe) are taken, also on failure. The loop exits
 * with code 0 when scs-readerd closes them.
 */
MUST_CHECK err_t host_init(
    struct host *h, sd_event *ev, int fd, int say, const struct driver *driver);
void host_done(struct host *h);

#endif
