/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/streamset.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fd.h"

#define BATCH 64
#define SETTLE_MS 10
#define EVENTS_A_TURN 64 /* of sd-event, then streams have their turn */

/*
 * Either sd-event waits for the set (sd_event_loop), or the set for sd-event
 * (stream_loop).
 */
static struct {
	int epfd;
	size_t users; /* streams, and the loop */
	sd_event_source *src; /* sd-event waits for the set */
	struct stream *batch[BATCH]; /* whose events are being dispatched */
	bool looping; /* in stream_loop() */
	struct stream *late; /* to be flushed before the next wait */
} set = { .epfd = -1 };

static void
dispatch(const struct epoll_event *got, int n)
{
	for (int i = 0; i < n; i++) {
		/* NULL: sd-event, or done by one that came before it */
		if (set.batch[i] != NULL)
			stream_ready(set.batch[i], got[i].events);
	}
	memset(set.batch, 0, sizeof(set.batch));
}

/* What there is; *other: sd-event has something as well. */
static int
collect(struct epoll_event *got, int timeout_ms, bool *other)
{
	int n = epoll_wait(set.epfd, got, BATCH, timeout_ms);

	*other = false;
	for (int i = 0; i < n; i++) {
		set.batch[i] = got[i].data.ptr;
		*other |= set.batch[i] == NULL;
	}
	return n;
}

static int
on_ready(sd_event_source *src UNUSED, int epfd UNUSED, uint32_t ev UNUSED,
    void *data UNUSED)
{
	struct epoll_event got[BATCH];
	bool other;

	dispatch(got, collect(got, 0, &other));
	return 0;
}

static void
leave(void)
{
	if (--set.users > 0)
		return;
	set.src = sd_event_source_disable_unref(set.src);
	fd_close(&set.epfd);
}

static err_t
join(sd_event *ev)
{
	if (set.users++ > 0)
		return ERR_OK;
	set.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (set.epfd < 0 ||
	    sd_event_add_io(ev, &set.src, set.epfd, EPOLLIN, on_ready, NULL) <
		0) {
		leave();
		return ERR_NOMEM;
	}
	return ERR_OK;
}

err_t
streamset_add(struct stream *s, sd_event *ev)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	err_t r;

	if ((r = join(ev)))
		return r;
	if (epoll_ctl(set.epfd, EPOLL_CTL_ADD, s->fd, &e) != 0) {
		leave();
		return ERR_NOMEM;
	}
	s->events = EPOLLIN;
	return ERR_OK;
}

err_t
streamset_add_pipe(struct stream *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };

	return epoll_ctl(set.epfd, EPOLL_CTL_ADD, s->in_fd, &e) == 0
	    ? ERR_OK
	    : ERR_NOMEM;
}

void
streamset_change(struct stream *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	if (s->fd < 0 || events == s->events)
		return;
	s->events = events;
	(void)epoll_ctl(set.epfd, EPOLL_CTL_MOD, s->fd, &e);
}

void
streamset_remove(struct stream *s)
{
	for (size_t i = 0; i < BATCH; i++) {
		if (set.batch[i] == s)
			set.batch[i] = NULL;
	}
	for (struct stream **p = &set.late; *p != NULL; p = &(*p)->late) {
		if (*p == s) {
			*p = s->late;
			break;
		}
	}
	s->is_late = false;
	if (s->fd < 0)
		return;
	if (s->in_fd >= 0)
		(void)epoll_ctl(set.epfd, EPOLL_CTL_DEL, s->in_fd, NULL);
	(void)epoll_ctl(set.epfd, EPOLL_CTL_DEL, s->fd, NULL);
	leave();
}

void
streamset_flush_late(struct stream *s)
{
	if (!set.looping) {
		stream_flush(s);
	} else if (!s->is_late) {
		s->is_late = true;
		s->late = set.late;
		set.late = s;
	}
}

static void
flush_late(void)
{
	struct stream *s;

	while ((s = set.late) != NULL) {
		set.late = s->late;
		s->is_late = false;
		stream_flush(s);
	}
}

/* ---- the loop */

/* Everything sd-event has now. *settled: nothing is left. */
static int
run_events(sd_event *ev, bool *settled)
{
	int r = 1;

	for (int i = 0; i < EVENTS_A_TURN && r > 0; i++) {
		if (sd_event_get_state(ev) == SD_EVENT_FINISHED)
			return 0;
		r = sd_event_run(ev, 0);
	}
	*settled = r == 0;
	return r < 0 ? r : 0;
}

/*
 * Streams alone cost one call to wait. What their callbacks set in sd-event
 * (timers, an exit) it learns at its next run, and its idea of the present time
 * is that of its last: so it runs before streams are dispatched if its last run
 * was a while ago, and once more when they have fallen silent.
 */
static int
loop(sd_event *ev)
{
	struct epoll_event got[BATCH];
	uint64_t last_run = 0;
	bool settled = false, other;
	int n, r = 0;

	while (sd_event_get_state(ev) != SD_EVENT_FINISHED) {
		flush_late();
		n = collect(got,
		    settled            ? -1
			: last_run > 0 ? SETTLE_MS
				       : 0,
		    &other);
		if (n <= 0 || other || clock_ms() - last_run >= SETTLE_MS) {
			if ((r = run_events(ev, &settled)) < 0)
				return r;
			last_run = clock_ms();
		}
		if (n > (other ? 1 : 0))
			settled = false;
		dispatch(got, n);
	}
	(void)sd_event_get_exit_code(ev, &r);
	return r;
}

int
stream_loop(sd_event *ev)
{
	struct epoll_event e = { .events = EPOLLIN };
	int r = -1;

	if (join(ev) != ERR_OK)
		return -1;
	set.src = sd_event_source_disable_unref(set.src);
	if (epoll_ctl(set.epfd, EPOLL_CTL_ADD, sd_event_get_fd(ev), &e) == 0) {
		set.looping = true;
		r = loop(ev);
		set.looping = false;
		(void)epoll_ctl(
		    set.epfd, EPOLL_CTL_DEL, sd_event_get_fd(ev), NULL);
	}
	leave();
	return r;
}
