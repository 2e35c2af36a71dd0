/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that calls a driver's functions, one at a time: requests when they
 * come, and between them a look at who is in each slot. Where the driver has a
 * polling function, a further thread for each slot sits in it, as pcscd's do.
 *
 * The loop's thread never enters the driver: it hands requests in, takes
 * frames out, and watches the clock. A driver that hangs or whose memory cannot
 * be trusted ends the process, which is what the process is for.
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
};

/* Nothing runs yet. ERR_NOMEM. */
MUST_CHECK err_t thread_new(const struct thread_setup *s, struct thread **out);

/* Open the channels and go on; news comes by thread_take(). ERR_NOMEM. */
MUST_CHECK err_t thread_run(struct thread *t);

/* Readable when there is news. Borrowed. */
int thread_fd(const struct thread *t);

/*
 * A request; its answer is news. ERR_SEQUENCE: the slot has one in work.
 * ERR_ABSENT: no such slot. ERR_NOMEM.
 */
MUST_CHECK err_t thread_ask(struct thread *t, const struct worker_frame *f);

/* Each frame of news, oldest first; `f` is borrowed during the call. */
void thread_take(struct thread *t,
    void (*fn)(const struct worker_frame *f, void *ctx), void *ctx);

/* Ends the process if the call in work has taken too long. */
void thread_watch(struct thread *t);

/*
 * Close the channels and free. A driver that does not come back within two
 * seconds is left where it is: then *t stays and the process must _exit(2).
 */
void thread_free(struct thread **t);

#endif
