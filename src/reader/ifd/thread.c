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

bool
stopped(struct thread *t)
{
	bool stop;

	lock(t);
	stop = t->stop;
	unlock(t);
	return stop;
}

static void
init_lane(struct lane *l, struct thread *t)
{
	l->t = t;
	l->deadline = DEADLINE_NONE;
	buf_init(&l->answer, CALLS_ROOM);
	buf_init(&l->in, WORKER_AHEAD * FRAME_MAX);
	buf_init(&l->more, WORKER_AHEAD * FRAME_MAX);
	(void)pthread_mutex_init(&l->driver, NULL);
}

static void
lane_done(struct lane *l)
{
	buf_done(&l->answer);
	buf_done(&l->in);
	buf_done(&l->more);
	(void)pthread_mutex_destroy(&l->driver);
}

err_t
thread_new(const struct thread_setup *s, struct thread **out)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR_NOMEM;
	t->setup = *s;
	buf_init(&t->in, WORKER_SLOTS * WORKER_AHEAD * FRAME_MAX);
	buf_init(&t->out, FRAME_MAX);
	for (unsigned int i = 0; i < WORKER_SLOTS; i++) {
		init_lane(&t->lanes[i], t);
		t->places[i] =
		    (struct place){ .t = t, .lane = &t->lanes[0], .lun = i };
	}
	t->lanes_n = 1;
	/* none fails without attributes */
	(void)pthread_mutex_init(&t->reading, NULL);
	(void)pthread_mutex_init(&t->saying, NULL);
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
	uint64_t deadline = DEADLINE_NONE, now = clock_ms();
	uint64_t most = t->setup.timeout_ms;
	const char *doing = "";

	lock(t);
	for (unsigned int i = 0; i < WORKER_SLOTS; i++) {
		if (t->lanes[i].deadline >= deadline)
			continue;
		deadline = t->lanes[i].deadline;
		doing = t->lanes[i].doing;
	}
	unlock(t);
	/* a call that begins now has that much time at least */
	if (most > LOOK_LIMIT_MS)
		most = LOOK_LIMIT_MS;
	if (deadline == DEADLINE_NONE)
		return most;
	if (now < deadline)
		return deadline - now < most ? deadline - now : most;
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
	for (unsigned int i = 0; i < WORKER_SLOTS; i++)
		lane_done(&t->lanes[i]);
	buf_done(&t->in);
	buf_done(&t->out);
	(void)pthread_mutex_destroy(&t->lock);
	(void)pthread_mutex_destroy(&t->saying);
	(void)pthread_mutex_destroy(&t->reading);
	free(t);
	*tp = NULL;
}
