/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader driver and the process that hosts it (scs-ifd, one driver each).
 *
 * The driver lives on the host's event loop. It announces its slots and what
 * happens to the cards in them with host_slot() and host_card(), at any time
 * and as it happens: a driver that can be told must not poll. It gets requests
 * one at a time and answers each exactly once with host_answer(), before
 * `request` returns or later: the next one comes after that.
 *
 * The process is in its sandbox before `start`, in a narrower one after it:
 * what has to be loaded is loaded in `start`.
 */
#ifndef SCS_READER_DRIVER_H
#define SCS_READER_DRIVER_H

#include <systemd/sd-event.h>

#include "reader/worker.h"

struct host; /* opaque: reader/host.h */

struct driver_args {
	const char *name; /* for people; borrowed for ever */
	int device_fd; /* taken; -1: none */
	const char *library; /* a foreign driver's; NULL: none */
	const char *device; /* as reader.conf names it; "": by channel */
	uint32_t channel;
	bool usb; /* its device is one of USB's */
	uint64_t timeout_ms; /* for a card that does not answer */
};

struct driver {
	const char *name; /* lower case */
	unsigned int sandbox; /* enum sandbox_group bits */
	unsigned int sandbox_start; /* besides those, until `start` is done */
	err_t (*start)(struct host *h, sd_event *ev,
	    const struct driver_args *args, void **self);
	/* f->body is borrowed during the call. NULL: it uses host_lend(). */
	void (*request)(void *self, const struct worker_frame *f);
	void (*stop)(void *self);
};

/* A slot exists; its name is cut at WORKER_NAME_MAX. */
void host_slot(struct host *h, uint16_t slot, const char *name);
void host_slot_gone(struct host *h, uint16_t slot);

/* `atr` only with WORKER_CARD_IN. */
void host_card(
    struct host *h, uint16_t slot, enum worker_card state, struct span atr);

/*
 * In `start`: a thread of the driver's reads requests from the channel and says
 * what there is to say itself, without this header's functions. The host
 * notices the end alone. Both descriptors are borrowed, and block. ERR_IO.
 */
MUST_CHECK err_t host_lend(struct host *h, int *requests, int *say);

/* Answer the request with this id. `body` only with ERR_OK. */
void host_answer(
    struct host *h, uint16_t slot, uint32_t id, err_t e, struct span body);

#endif
