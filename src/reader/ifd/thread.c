/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/thread.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "reader/ifd/inner.h"

#define FRAME_MAX (WORKER_HEADER + WORKER_BODY_MAX)
#define STACK_SIZE (1024 * 1024)

void
give_up(const struct thread *t, const char *what)
{
	log_err("reader \"%s\": %s: its driver is ended", t->setup.name, what);
	_exit(1);
}

void
lock(struct thread *t)
{
	(void)pthread_mutex_lock(&t->lock);
}

void
unlock(struct thread *t)
{
	(void)pthread_mutex_unlock(&t->lock);
}

bool
make_thread(pthread_t *out, void *(*body)(void *), void *arg)
{
	pthread_attr_t attr;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	ok = pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 &&
	    pthread_create(out, &attr, body, arg) == 0;
	(void)pthread_attr_destroy(&attr);
	return ok;
}

err_t
thread_new(const struct thread_setup *s, struct thread **out)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR_NOMEM;
	t->setup = *s;
	t->deadline = DEADLINE_NONE;
	buf_init(&t->in, WORKER_SLOTS * WORKER_AHEAD * FRAME_MAX);
	buf_init(&t->out, FRAME_MAX);
	buf_init(&t->answer, CALLS_ROOM);
	for (unsigned int i = 0; i < WORKER_SLOTS; i++)
		t->places[i] = (struct place){ .t = t, .lun = i };
	/* neither fails without attributes */
	(void)pthread_mutex_init(&t->driver, NULL);
	(void)pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return ERR_OK;
}

err_t
thread_run(struct thread *t)
{
	t->n = 1; /* until the driver has said */
	t->running = make_thread(&t->caller, caller_body, t);
	return t->running ? ERR_OK : ERR_NOMEM;
}

uint64_t
thread_watch(struct thread *t)
{
	uint64_t deadline, now = clock_ms();
	uint64_t most = t->setup.timeout_ms;
	const char *doing;

	lock(t);
	deadline = t->deadline;
	doing = t->doing;
	unlock(t);
	/* a call that begins now has that much time at least */
	if (deadline == DEADLINE_NONE)
		return most < LOOK_LIMIT_MS ? most : LOOK_LIMIT_MS;
	if (now < deadline)
		return deadline - now;
	log_err("reader \"%s\": hangs while %s", t->setup.name, doing);
	give_up(t, "no answer");
}

bool
join_within(pthread_t thread, unsigned int ms)
{
	struct timespec until;

	if (clock_gettime(CLOCK_REALTIME, &until) != 0)
		return false;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

static bool
join(struct thread *t)
{
	lock(t);
	t->stop = true;
	unlock(t);
	talk_end(t);
	return join_within(t->caller, STOP_MS);
}

void
thread_free(struct thread **tp)
{
	struct thread *t = *tp;

	if (t == NULL || (t->running && !join(t)))
		return;
	buf_done(&t->in);
	buf_done(&t->out);
	buf_done(&t->answer);
	(void)pthread_mutex_destroy(&t->lock);
	(void)pthread_mutex_destroy(&t->driver);
	free(t);
	*tp = NULL;
}
