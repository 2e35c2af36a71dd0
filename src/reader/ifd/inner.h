/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What thread.c (the loop's side), caller.c and crew.c (the driver's) and talk.c
 * share.
 */
#ifndef SCS_READER_IFD_INNER_H
#define SCS_READER_IFD_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "codec/atr.h"
#include "reader/ifd/failing.h"
#include "reader/ifd/thread.h"

#define STOP_MS 2000u
#define LOOK_LIMIT_MS 10000u /* the shortest limit of a call, by default */

/* The slots that are called one at a time: all, or a single one (crew.c). */
struct lane {
	struct thread *t;
	pthread_mutex_t driver; /* who has it may call the driver for them */
	struct buf answer; /* of who has that */

	struct buf in; /* of who works for it: requests */
	/* under the thread's `lock`: */
	struct buf more; /* requests that have come meanwhile */
	bool busy; /* somebody works for it */
	const char *doing; /* the call in work */
	uint64_t deadline; /* of that */
};

struct place {
	struct thread *t;
	struct lane *lane;
	ifdh_dword lun;
	bool open;
	bool in; /* a card, mute or not */
	bool looked; /* scs-readerd knows whether there is one */
	uint64_t look_at; /* written with the thread's `lock` */
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

	/* from open_all() on these numbers are what they are */
	struct place places[WORKER_SLOTS];
	unsigned int n; /* slots the driver says it has */
	struct lane lanes[WORKER_SLOTS];
	unsigned int lanes_n;

	pthread_mutex_t
	    reading; /* who has it may wait for requests; of these: */
	struct buf in;
	bool ended;

	pthread_mutex_t saying; /* of this: */
	struct buf out;

	pthread_mutex_t lock; /* the inner one; of these: */
	bool stop;
	struct failing failing; /* numbers are those of lanes */
};

/* ---- talk.c: to scs-readerd and back */

/* talk_wait() waits so long. */
void talk_patience(struct thread *t, unsigned int ms);

/* Wait for more of t->in; false: the end. */
bool talk_wait(struct thread *t);

/* The request at the front of `in`; *used is its length. */
bool talk_request(struct thread *t, const struct buf *in,
    struct worker_frame *f, size_t *used);

/* Say it. From any thread. */
void talk_say(struct thread *t, const struct worker_frame *f);

/* For the caller nothing more comes. From any thread. */
void talk_end(struct thread *t);

/* ---- caller.c: into the driver */

/* The caller's whole life; `arg` is the struct thread. */
void *caller_body(void *arg);

/* One request of `in`, if there is one, and the looks that are due. */
void caller_turn(struct lane *l, struct buf *in);

/* A look is due at a slot. For who has the lock. */
bool caller_due(const struct lane *l, uint64_t now);

/* ---- crew.c: callers for several lanes */

/* Serve until the end, with as many more threads as there are lanes more. */
void crew_serve(struct thread *t);

/* ---- thread.c */

/* With a stack of 1 MiB. False: no memory. */
bool make_thread(pthread_t *out, void *(*body)(void *), void *arg);

/* False: it has not ended in that time. */
bool join_within(pthread_t thread, unsigned int ms);

/* Say why and end the process. */
__attribute__((noreturn)) void give_up(
    const struct thread *t, const char *what);

void lock(struct thread *t);
void unlock(struct thread *t);
bool stopped(struct thread *t);

#endif
