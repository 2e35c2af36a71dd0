/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of reader/driver.h on one side, the thread that calls an
 * IFDHandler on the other. The library is loaded in a sandbox in which files can
 * be mapped as code; its first function is called when that is over.
 */
#include "reader/ifd/handler.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "reader/ifd/library.h"
#include "reader/ifd/thread.h"
#include "sandbox/sandbox.h"

#define WATCH_SLACK_USEC 100000u
#define MEMORY_MAX (256ul * 1024 * 1024) /* a leak ends the driver */

struct handler {
	struct thread *thread;
	sd_event_source *run, *watch;
};

static int
on_watch(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct handler *d = data;
	uint64_t ms = thread_watch(d->thread);

	if (sd_event_source_set_time_relative(src, ms * 1000) < 0)
		return -1;
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* The loop's first turn: the sandbox is closed. */
static int
on_run(sd_event_source *src UNUSED, void *data)
{
	struct handler *d = data;

	if (thread_run(d->thread) != ERR_OK) {
		log_err("a reader driver's thread cannot be made");
		return -1;
	}
	return 0;
}

static void
handler_stop(void *self)
{
	struct handler *d = self;

	if (d == NULL)
		return;
	sd_event_source_disable_unref(d->run);
	sd_event_source_disable_unref(d->watch);
	thread_free(&d->thread);
	if (d->thread != NULL) {
		/* it is still inside: its destructors must not run */
		log_warning("a reader driver does not end: left behind");
		_exit(1);
	}
	free(d);
}

static err_t
add_sources(struct handler *d, sd_event *ev)
{
	return sd_event_add_defer(ev, &d->run, on_run, d) < 0 ||
		sd_event_add_time_relative(ev, &d->watch, CLOCK_MONOTONIC, 0,
		    WATCH_SLACK_USEC, on_watch, d) < 0
	    ? ERR_NOMEM
	    : ERR_OK;
}

static err_t
handler_start(
    struct host *h, sd_event *ev, const struct driver_args *args, void **self)
{
	struct thread_setup setup = { .name = args->name,
		.device = args->device,
		.channel = args->channel,
		.timeout_ms = args->timeout_ms };
	struct handler *d = calloc(1, sizeof(*d));
	struct why why = { 0 };
	err_t e;

	if (d == NULL)
		return ERR_NOMEM;
	if ((e = host_lend(h, &setup.fd, &setup.say))) {
		free(d);
		return e;
	}
	/* its constructors are the first to eat */
	if ((e = sandbox_memory(MEMORY_MAX)))
		log_err("no limit of memory: %s", err_text(e));
	else if ((e = library_open(args->library, &setup.driver, &why)))
		log_err("driver %s: %s", args->library, why_text(&why, e));
	else if ((e = thread_new(&setup, &d->thread)) == ERR_OK)
		e = add_sources(d, ev);
	if (e != ERR_OK) {
		handler_stop(d);
		return e;
	}
	*self = d;
	return ERR_OK;
}

const struct driver handler_driver = {
	.name = "ifdhandler",
	.sandbox = SANDBOX_SOCKETS | SANDBOX_LOOP | SANDBOX_READ_FILES |
	    SANDBOX_FOREIGN | SANDBOX_INTERNET,
	/* the library's code; its constructors are foreign as well */
	.sandbox_start = SANDBOX_STRANGERS,
	.start = handler_start,
	.stop = handler_stop,
};
