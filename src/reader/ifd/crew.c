/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Callers of a driver whose slots may be called at the same time, as many as
 * there are slots. One of them waits for requests; what comes first for a slot
 * that nobody works for, it does itself, and the next one waits in its place. So
 * no request goes from hand to hand before it is in the driver, and one that
 * comes while all are there could not be served anyway. What comes for a slot
 * that somebody works for is put down for him.
 *
 * Who reads has no slot's driver, and who has one may say something (`saying`) or
 * take the inner lock, never both.
 */
#include "base/clock.h"
#include "reader/ifd/inner.h"

static struct lane *
lane_of(struct thread *t, const struct worker_frame *f)
{
	/* whoever says that there is no such slot needs no driver for it */
	return f->slot < t->n ? t->places[f->slot].lane : &t->lanes[0];
}

/* To each lane what is for it; by who is reading. */
static void
sort(struct thread *t)
{
	struct worker_frame f;
	struct lane *l;
	size_t used;
	err_t e;

	while (talk_request(t, &t->in, &f, &used)) {
		l = lane_of(t, &f);
		lock(t);
		buf_put(&l->more, span_first(buf_span(&t->in), used));
		e = buf_status(&l->more);
		unlock(t);
		if (e != ERR_OK)
			give_up(t, "too many requests for a slot");
		buf_drop(&t->in, used);
	}
}

/* What has been put down for it is the worker's own; false: nothing. */
static bool
take_more(struct lane *l)
{
	struct buf empty = l->in;

	if (l->more.n == 0)
		return false;
	l->in = l->more;
	l->more = empty;
	return true;
}

/* Something to do that nobody does yet; NULL: nothing. */
static struct lane *
claim(struct thread *t)
{
	struct lane *found = NULL;
	uint64_t now = clock_ms();

	lock(t);
	for (unsigned int i = 0; found == NULL && i < t->lanes_n; i++) {
		struct lane *l = &t->lanes[i];

		if (!l->busy && (take_more(l) || caller_due(l, now)))
			found = l;
	}
	if (found != NULL)
		found->busy = true;
	unlock(t);
	return found;
}

/* False: nothing has come meanwhile, and it is free. */
static bool
keep(struct lane *l)
{
	bool more;

	lock(l->t);
	more = l->in.n > 0 || take_more(l);
	l->busy = more;
	unlock(l->t);
	return more;
}

/* Wait for something to do. NULL: the end. */
static struct lane *
next_lane(struct thread *t)
{
	struct lane *l = NULL;

	(void)pthread_mutex_lock(&t->reading);
	while (!t->ended && !stopped(t)) {
		sort(t);
		if ((l = claim(t)) != NULL)
			break;
		t->ended = !talk_wait(t);
	}
	(void)pthread_mutex_unlock(&t->reading);
	return l;
}

static void *
body(void *arg)
{
	struct thread *t = arg;
	struct lane *l;

	while ((l = next_lane(t)) != NULL) {
		do
			caller_turn(l, &l->in);
		while (keep(l) && !stopped(t));
	}
	return NULL;
}

void
crew_serve(struct thread *t)
{
	pthread_t crew[WORKER_SLOTS];

	for (unsigned int i = 1; i < t->lanes_n; i++) {
		if (!make_thread(&crew[i], body, t))
			give_up(t, "no memory for its slots");
	}
	(void)body(t);
	for (unsigned int i = 1; i < t->lanes_n; i++)
		(void)pthread_join(crew[i], NULL);
}
