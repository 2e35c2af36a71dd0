/* SPDX-License-Identifier: BSD-2-Clause */
/* What thread.c (the loop's side) and caller.c (the driver's) share. */
#ifndef SCS_READER_IFD_INNER_H
#define SCS_READER_IFD_INNER_H

#include <pthread.h>

#include "codec/atr.h"
#include "reader/ifd/thread.h"

#define STOP_MS 2000u

struct place {
	struct thread *t;
	ifdh_dword lun;
	bool open;
	bool asked; /* a request is in work */
	bool in; /* a card, mute or not */
	bool poked; /* its polling function has returned */
	uint64_t look_at;
	uint8_t atr[ATR_MAX];
	size_t atr_n;
	pthread_t poller;
	bool polled; /* and so `poller` is one */
};

struct thread {
	struct thread_setup setup;
	ifdh_poll_fn *poll; /* NULL: none */
	pthread_t caller;
	bool running;
	int event; /* eventfd */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	bool stop;
	struct buf in, out; /* frames */
	const char *doing; /* the call in work */
	uint64_t deadline; /* of that */
	struct place places[WORKER_SLOTS];
	unsigned int n; /* slots the driver says it has */

	/* of the caller alone */
	struct buf request, answer;
};

/* The caller's whole life; `arg` is the struct thread. */
void *caller_body(void *arg);

/* With a stack of 1 MiB. False: no memory. */
bool make_thread(pthread_t *out, void *(*body)(void *), void *arg);

/* Say why and end the process. */
__attribute__((noreturn)) void give_up(
    const struct thread *t, const char *what);

void lock(struct thread *t);
void unlock(struct thread *t);

#endif
