/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/supervisor.h"

#include <sys/epoll.h>

#include "base/fd.h"
#include "base/log.h"
#include "ipc/control.h"
#include "readerd/hotplug.h"

#define SETTLE_USEC 10000u
#define SETTLE_TURNS 300 /* three seconds */

static void
tell(struct service *svc, const struct control *c)
{
	/* a busy channel is full of our own packets: scsd hears the rest */
	err_t e = control_send(svc->control, c, -1);

	if (e != ERR_OK && e != ERR_BUSY)
		(void)sd_event_exit(svc->ev, 1);
}

static struct ifd *
by_cookie(struct service *svc, uint32_t cookie)
{
	for (size_t i = 0; i < svc->ifds_n; i++) {
		if (cookie != 0 && svc->ifds[i].cookie == cookie)
			return &svc->ifds[i];
	}
	return NULL;
}

/* Cookies are never used twice, so a late packet finds nobody. */
static void
spawn(struct ifd *ifd)
{
	static uint32_t last;

	ifd->cookie = ++last;
	tell(ifd->svc,
	    &(struct control){ .type = CONTROL_SPAWN,
		.kind = ifd->kind,
		.index = ifd->what,
		.device = ifd->device,
		.cookie = ifd->cookie });
}

static void
kill_worker(struct ifd *ifd)
{
	tell(ifd->svc,
	    &(struct control){ .type = CONTROL_KILL,
		.kind = ifd->kind,
		.index = ifd->what,
		.cookie = ifd->cookie });
}

/* Comes before on_worker() for the same process. */
static void
on_worker_says(struct service *svc, const struct control *c, int *fd)
{
	struct ifd *ifd = by_cookie(svc, c->cookie);

	if (ifd == NULL || ifd->up)
		return;
	fd_close(&ifd->hears);
	ifd->hears = fd_take(fd);
}

/* The same. */
static void
on_worker_prints(struct service *svc, const struct control *c, int *fd)
{
	struct ifd *ifd = by_cookie(svc, c->cookie);

	if (ifd != NULL && *fd >= 0 &&
	    said_open(&ifd->said, svc->ev, fd_take(fd)) != ERR_OK)
		log_err("reader driver %u: what it says is lost", ifd->index);
}

/* Each time later: how the one before was says nothing of this. */
static void
not_started(struct ifd *ifd, err_t e)
{
	if (e == ERR_REMOVED) /* udev is about to tell */
		log_debug("reader driver %u was not started: its reader was "
			  "unplugged",
		    ifd->index);
	else
		log_err("reader driver %u was not started: %s", ifd->index,
		    err_text(e));
	ifd->served = false;
	ifd_lost(ifd);
}

static void
on_worker(struct service *svc, const struct control *c, int *fd)
{
	struct ifd *ifd = by_cookie(svc, c->cookie);

	if (ifd == NULL || ifd->up)
		return;
	if (c->error != 0 || *fd < 0 || ifd->hears < 0) {
		not_started(ifd, err_from_wire(c->error));
	} else if (ifd_attach(ifd, fd_take(fd), fd_take(&ifd->hears)) !=
	    ERR_OK) {
		log_err("reader driver %u: no memory", ifd->index);
		ifd_lost(ifd);
	}
}

/* One that is there, or the one whose place it may take; or a new one. */
static struct ifd *
reader_entry(struct service *svc, uint32_t index)
{
	struct ifd *found = NULL;

	for (size_t i = 0; i < svc->ifds_n; i++) {
		struct ifd *ifd = &svc->ifds[i];

		if (ifd->kind != WORKER_IFD)
			continue;
		if (ifd->what == index)
			return ifd;
		if (ifd->idle && found == NULL)
			found = ifd;
	}
	if (found == NULL && svc->ifds_n < IFDS_MAX)
		found = &svc->ifds[svc->ifds_n++];
	return found;
}

/* scsd found another reader.conf. */
static void
on_reader(struct service *svc, uint32_t index, bool present)
{
	struct ifd *ifd = reader_entry(svc, index);

	if (ifd == NULL) {
		log_err("too many readers: driver %lu is left out",
		    (unsigned long)index);
		return;
	}
	ifd_rest(ifd); /* nothing, for one that rests or is new */
	ifd->kind = WORKER_IFD;
	ifd->what = index;
	if (present)
		ifd_wake(ifd);
}

static int
on_control(
    sd_event_source *src UNUSED, int sock, uint32_t ev UNUSED, void *data)
{
	struct service *svc = data;
	CLOSE_FD int fd = -1;
	struct control c;
	struct ifd *ifd;
	err_t e = control_recv(sock, &c, &fd, 0);

	if (e == ERR_TIMEOUT)
		return 0;
	if (e != ERR_OK) {
		/* without scsd nobody watches us: end */
		(void)sd_event_exit(svc->ev, e == ERR_REMOVED ? 0 : 1);
		return 0;
	}
	if (c.type == CONTROL_WORKER_SAYS)
		on_worker_says(svc, &c, &fd);
	else if (c.type == CONTROL_WORKER_PRINTS)
		on_worker_prints(svc, &c, &fd);
	else if (c.type == CONTROL_WORKER)
		on_worker(svc, &c, &fd);
	else if (c.type == CONTROL_WORKER_GONE &&
	    (ifd = by_cookie(svc, c.cookie)) != NULL) {
		ifd->cookie = 0; /* nobody is left to be killed */
		ifd_lost(ifd);
	} else if (c.type == CONTROL_BUNDLE && svc->hotplug != NULL)
		hotplug_bundle(svc->hotplug, c.index, c.path);
	else if (c.type == CONTROL_READER)
		on_reader(svc, c.index, c.device != 0);
	return 0;
}

static void
log_used(struct service *svc)
{
	tell(svc, &(struct control){ .type = CONTROL_CLEAR_LOG });
}

/*
 * Clients that come first, also after we were killed, are to see the readers and
 * the cards that were there before; one whose driver hangs is not waited for for
 * long.
 */
static int
on_settle(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	static unsigned int turns;
	struct service *svc = data;
	bool settled = service_settled(svc);

	if (settled || ++turns == SETTLE_TURNS) {
		if (!settled)
			log_notice("some drivers are slow to show their "
				   "readers: clients wait no longer for them");
		service_settle(svc);
		tell(svc, &(struct control){ .type = CONTROL_READY });
		sd_event_source_disable_unref(src);
		return 0;
	}
	return sd_event_source_set_time_relative(src, SETTLE_USEC) < 0
	    ? -1
	    : sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

err_t
supervisor_start(struct service *svc, int fd, unsigned int n)
{
	sd_event_source *settle; /* the loop's, until we are ready */

	svc->control = fd;
	svc->log_used = log_used;
	svc->settling = true;
	if (sd_event_add_io(svc->ev, NULL, fd, EPOLLIN, on_control, svc) < 0)
		return ERR_NOMEM;
	service_drivers(svc, n);
	for (unsigned int i = 0; i < IFDS_MAX; i++) {
		svc->ifds[i].spawn = spawn;
		svc->ifds[i].kill = kill_worker;
		if (i < n)
			spawn(&svc->ifds[i]);
	}
	return sd_event_add_time_relative(svc->ev, &settle, CLOCK_MONOTONIC,
		   SETTLE_USEC, 1000, on_settle, svc) < 0
	    ? ERR_NOMEM
	    : ERR_OK;
}
