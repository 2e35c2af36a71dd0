/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/thread.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
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
	pthread_condattr_t attr;

	if (t == NULL)
		return ERR_NOMEM;
	t->setup = *s;
	t->deadline = DEADLINE_NONE;
	buf_init(&t->in, WORKER_SLOTS * FRAME_MAX);
	buf_init(&t->out, 2 * WORKER_SLOTS * FRAME_MAX);
	buf_init(&t->request, FRAME_MAX);
	buf_init(&t->answer, CALLS_ROOM);
	for (unsigned int i = 0; i < WORKER_SLOTS; i++)
		t->places[i] = (struct place){ .t = t, .lun = i };
	t->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->event < 0 || pthread_condattr_init(&attr) != 0) {
		fd_close(&t->event);
		free(t);
		return ERR_NOMEM;
	}
	/* neither fails with these arguments */
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
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

int
thread_fd(const struct thread *t)
{
	return t->event;
}

err_t
thread_ask(struct thread *t, const struct worker_frame *f)
{
	err_t e = ERR_OK;

	lock(t);
	if (f->slot >= t->n || !t->places[f->slot].open)
		e = ERR_ABSENT;
	else if (t->places[f->slot].asked)
		e = ERR_SEQUENCE;
	else if ((e = worker_build(f, &t->in)) == ERR_OK) {
		t->places[f->slot].asked = true;
		(void)pthread_cond_signal(&t->wake);
	}
	unlock(t);
	return e;
}

void
thread_take(struct thread *t,
    void (*fn)(const struct worker_frame *f, void *ctx), void *ctx)
{
	struct worker_frame f;
	uint64_t count;
	size_t used;

	lock(t);
	/* empty when there was no news, which the buffer says as well */
	if (read(t->event, &count, sizeof(count)) < 0)
		count = 0;
	while (worker_parse(buf_span(&t->out), &f, &used) == ERR_OK) {
		fn(&f, ctx);
		buf_drop(&t->out, used);
	}
	unlock(t);
}

void
thread_watch(struct thread *t)
{
	const char *doing = NULL;

	lock(t);
	if (t->deadline != DEADLINE_NONE && clock_ms() >= t->deadline)
		doing = t->doing;
	unlock(t);
	if (doing == NULL)
		return;
	log_err("reader \"%s\": hangs while %s", t->setup.name, doing);
	give_up(t, "no answer");
}

static bool
join(struct thread *t)
{
	struct timespec until;

	lock(t);
	t->stop = true;
	(void)pthread_cond_signal(&t->wake);
	unlock(t);
	if (clock_gettime(CLOCK_REALTIME, &until) != 0)
		return false;
	until.tv_sec += STOP_MS / 1000;
	return pthread_timedjoin_np(t->caller, NULL, &until) == 0;
}

void
thread_free(struct thread **tp)
{
	struct thread *t = *tp;

	if (t == NULL || (t->running && !join(t)))
		return;
	buf_done(&t->in);
	buf_done(&t->out);
	buf_done(&t->request);
	buf_done(&t->answer);
	(void)pthread_mutex_destroy(&t->lock);
	(void)pthread_cond_destroy(&t->wake);
	fd_close(&t->event);
	free(t);
	*tp = NULL;
}
