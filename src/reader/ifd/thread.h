/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that calls a driver's functions, one at a time: requests when they
 * come, and between them a look at who is in each slot. It reads them from the
 * channel to scs-readerd and writes what it has to say to it. Where the driver
 * says that its slots may be called at the same time there is one for each, and
 * one that is idle reads. Where the driver has a polling function, a further
 * thread for each slot sits in it, as pcscd's do.
 *
 * The loop's thread never enters the driver: it watches the clock. A driver that
 * hangs or whose memory cannot be trusted ends the process, which is what the
 * process is for.
 */
#ifndef SCS_READER_IFD_THREAD_H
#define SCS_READER_IFD_THREAD_H

#include "reader/ifd/calls.h"

struct thread; /* opaque */

struct thread_setup {
	struct ifdh driver;
	const char *name, *device; /* borrowed for ever */
	uint32_t channel;
	uint64_t timeout_ms; /* for a card; other calls get at most that */
	int fd, say; /* borrowed: WORKER_FD, WORKER_SAY_FD */
};

/* Nothing runs yet. ERR_NOMEM. */
MUST_CHECK err_t thread_new(const struct thread_setup *s, struct thread **out);

/* Open the slots and serve requests until thread_free(). ERR_NOMEM. */
MUST_CHECK err_t thread_run(struct thread *t);

/*
 * Ends the process if a call in work has taken too long. Returns in how many
 * milliseconds it must be called again.
 */
uint64_t thread_watch(struct thread *t);

/*
 * Close the channels and free. A driver that does not come back within two
 * seconds is left where it is: then *t stays and the process must _exit(2).
 */
void thread_free(struct thread **t);

#endif
