/* SPDX-License-Identifier: BSD-2-Clause */
/* What thread.c (the loop's side), caller.c (the driver's) and talk.c share. */
#ifndef SCS_READER_IFD_INNER_H
#define SCS_READER_IFD_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "codec/atr.h"
#include "reader/ifd/failing.h"
#include "reader/ifd/thread.h"

#define STOP_MS 2000u
#define LOOK_LIMIT_MS 10000u /* the shortest limit of a call, by default */

struct place {
	struct thread *t;
	ifdh_dword lun;
	bool open;
	bool in; /* a card, mute or not */
	bool looked; /* scs-readerd knows whether there is one */
	uint64_t look_at;
	atomic_bool news; /* the polling function has returned since */
	uint8_t atr[ATR_MAX];
	size_t atr_n;
	pthread_t poller;
	bool polled; /* and so `poller` is one */
};

struct thread {
	struct thread_setup setup;
	ifdh_poll_fn *poll; /* NULL: none */
	int poll_ms; /* it returns after that, news or not */
	pthread_t caller;
	bool running;
	struct buf in; /* of the caller alone: requests */

	pthread_mutex_t driver; /* who has it may call the driver; of these: */
	struct place places[WORKER_SLOTS];
	unsigned int n; /* slots the driver says it has */
	struct buf answer, out;
	struct failing failing;

	pthread_mutex_t lock; /* the inner one; of these: */
	bool stop;
	const char *doing; /* the call in work */
	uint64_t deadline; /* of that */
};

/* ---- talk.c: to scs-readerd and back */

/* talk_wait() waits so long. */
void talk_patience(struct thread *t, unsigned int ms);

/* Wait for more of t->in; false: the end. */
bool talk_wait(struct thread *t);

/* The request at the front of t->in; *used is its length. */
bool talk_request(struct thread *t, struct worker_frame *f, size_t *used);

/* Say it. For who has the driver. */
void talk_say(struct thread *t, const struct worker_frame *f);

/* For the caller nothing more comes. From any thread. */
void talk_end(struct thread *t);

/* The caller's whole life; `arg` is the struct thread. */
void *caller_body(void *arg);

/* With a stack of 1 MiB. False: no memory. */
bool make_thread(pthread_t *out, void *(*body)(void *), void *arg);

/* False: it has not ended in that time. */
bool join_within(pthread_t thread, unsigned int ms);

/* Say why and end the process. */
__attribute__((noreturn)) void give_up(
    const struct thread *t, const char *what);

void lock(struct thread *t);
void unlock(struct thread *t);

#endif
