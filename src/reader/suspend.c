/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/suspend.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define SLACK_MS 50u /* so short a time is no sleep */
#define MOMENT_MS 10u /* two clocks that are read in that are read at once */
#define FAR_AHEAD ((time_t)1 << 40) /* seconds; the timer never expires */

/* In all, since the machine booted. We may lose the CPU between two clocks. */
static uint64_t
asleep(const struct suspend *s)
{
	uint64_t before, all, after;

	do {
		before = s->monotonic();
		all = s->boottime();
		after = s->monotonic();
	} while (after - before > MOMENT_MS);
	return all > after ? all - after : 0;
}

/*
 * ECANCELED is no failure: the timer is armed, and the clock was set once more
 * before it was (timerfd_create(2), NOTES), as may happen at a resume.
 */
static bool
arm(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = FAR_AHEAD };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		   &never, NULL) == 0 ||
	    errno == ECANCELED;
}

void
suspend_look(struct suspend *s)
{
	uint64_t now = asleep(s);
	bool slept = now > s->asleep_ms + SLACK_MS;

	if (now > s->asleep_ms)
		s->asleep_ms = now;
	if (slept)
		s->awake(s->ctx);
}

/* ECANCELED: the clock was set, by somebody or by a resume. */
static int
on_cancelled(
    sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct suspend *s = data;
	uint64_t expirations;

	(void)!read(fd, &expirations, sizeof(expirations));
	if (arm(fd))
		suspend_look(s);
	else
		s->awake(s->ctx);
	return 0;
}

err_t
suspend_start(
    struct suspend *s, sd_event *ev, void (*awake)(void *ctx), void *ctx)
{
	*s = (struct suspend){ .boottime = clock_ms,
		.monotonic = clock_awake_ms,
		.awake = awake,
		.ctx = ctx };
	s->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->fd < 0)
		return ERR_IO;
	if (!arm(s->fd) ||
	    sd_event_add_io(ev, &s->source, s->fd, EPOLLIN, on_cancelled, s) <
		0 ||
	    sd_event_source_set_priority(
		s->source, SD_EVENT_PRIORITY_IMPORTANT) < 0) {
		suspend_stop(s);
		return ERR_NOMEM;
	}
	s->asleep_ms = asleep(s);
	return ERR_OK;
}

void
suspend_stop(struct suspend *s)
{
	sd_event_source_disable_unref(s->source);
	s->source = NULL;
	fd_close(&s->fd);
}
