/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The channel to one driver's process (reader/worker.h). What comes from there
 * is not trusted: a frame out of order ends the channel, and the driver's
 * readers are gone until its next process.
 */
#ifndef SCS_READERD_IFD_H
#define SCS_READERD_IFD_H

#include "ipc/control.h"
#include "reader/stream.h"
#include "reader/usb/scan.h"
#include "reader/worker.h"
#include "readerd/said.h"

struct service;
struct slot;

struct ifd {
	struct service *svc; /* borrowed */
	unsigned int index;
	enum worker_kind kind;
	uint32_t what; /* the number of the driver, or of a USB one's bundle */
	uint32_t device; /* of a USB reader: usb_pack() */
	char place[USB_PLACE_MAX]; /* its port; stays when it is unplugged */
	bool idle; /* a USB reader that is not plugged in */
	struct stream channel;
	int hears; /* owned: of a process that is being started; -1 */
	struct said said; /* what it prints */
	bool up;
	uint64_t since; /* clock_ms() of the start of its process */
	uint64_t backoff_ms;
	bool served; /* the process before had shown a reader and its cards */
	sd_event_source *restart;
	uint32_t cookie; /* of the process we have or asked for; 0: none */
	int pid; /* standalone only; 0: none */
	sd_event_source *child; /* the same */
	/* start a process for it; later ifd_attach() */
	void (*spawn)(struct ifd *ifd);
	/* end the process it has, which may hang; NULL: spawn() does that */
	void (*kill)(struct ifd *ifd);
};

/*
 * The channel of a new process: `fd` for requests, and what it says comes out
 * of the pipe `hears`. Both are taken, -1 in tests. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK err_t ifd_attach(struct ifd *ifd, int fd, int hears);

/*
 * The process is gone, hangs, or lied: readers away, and a new one later. It is
 * killed in any case: one that has closed its channel may still be there.
 */
void ifd_lost(struct ifd *ifd);

/*
 * How many ms until its next process: twice the pause before. One that had shown
 * its reader is needed soon. One of reader.conf that cannot open its reader is
 * tried once a minute: a package names a port where there is mostly nothing, and
 * each try says something at it. Taking long to fail is no merit.
 */
uint64_t ifd_pause(const struct ifd *ifd, uint64_t now);

/* Take frames out of channel.in. Not ERR_OK: the driver lies. */
MUST_CHECK err_t ifd_input(struct ifd *ifd);

/* The reader is plugged in: start a process. It was idle, or is new. */
void ifd_wake(struct ifd *ifd);

/* It is unplugged: no process until ifd_wake(). */
void ifd_rest(struct ifd *ifd);

/* A request for a slot of this driver. */
void ifd_send(struct ifd *ifd, const struct worker_frame *f);

/* Drivers that have not answered for too long are given up. */
void ifd_check(struct service *svc);

#endif
