/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual reader: a listening socket instead of a device. A card connects:
 * it is in the reader. It disconnects: it is out. A second one waits outside
 * until then. Nothing is polled.
 */
#ifndef SCS_READER_VIRTUAL_VIRTUAL_H
#define SCS_READER_VIRTUAL_VIRTUAL_H

#include "reader/driver.h"

/* args->device_fd is the listening socket, non-blocking. One slot, number 0. */
extern const struct driver virtual_driver;

/* Put a card in, as the listening socket does; `fd` is taken (-1 in tests). */
struct virtual;
MUST_CHECK err_t virtual_insert(struct virtual *v, int fd);

/* The card says something (tests; what the socket does otherwise). */
MUST_CHECK err_t virtual_says(struct virtual *v, struct span bytes);

#endif
