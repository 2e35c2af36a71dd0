/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/suspend.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* Two clocks that are read one after the other differ by that much at most. */
#define SLACK_MS 50u
#define FAR_AHEAD ((time_t)1 << 40) /* seconds; the timer never expires */

static uint64_t
clock_asleep(void)
{
	uint64_t awake = clock_awake_ms(), all = clock_ms();

	return all > awake ? all - awake : 0;
}

static bool
arm(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = FAR_AHEAD };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		   &never, NULL) == 0;
}

void
suspend_look(struct suspend *s)
{
	uint64_t now = s->clock();
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
	uint64_t expirations;

	(void)!read(fd, &expirations, sizeof(expirations));
	if (!arm(fd))
		return -1;
	suspend_look(data);
	return 0;
}

err_t
suspend_start(
    struct suspend *s, sd_event *ev, void (*awake)(void *ctx), void *ctx)
{
	*s = (struct suspend){
		.clock = clock_asleep, .awake = awake, .ctx = ctx
	};
	s->asleep_ms = s->clock();
	s->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->fd < 0)
		return ERR_IO;
	if (!arm(s->fd) ||
	    sd_event_add_io(ev, &s->source, s->fd, EPOLLIN, on_cancelled, s) <
		0) {
		fd_close(&s->fd);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
suspend_stop(struct suspend *s)
{
	sd_event_source_disable_unref(s->source);
	s->source = NULL;
	fd_close(&s->fd);
}
