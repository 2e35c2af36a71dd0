/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefs/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"

#define EVENTS                                                      \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | \
	    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct watch {
	int fd;
	sd_event_source *io, *timer;
	void (*fn)(void *ctx);
	void *ctx;
	char *folders[WATCH_FOLDERS_MAX];
	size_t n;
	uint64_t first_ms; /* of the changes that were not told yet, or 0 */
};

/* Watch the folder, or the nearest folder above it that is there. */
static err_t
arm_one(struct watch *w, const char *folder)
{
	char p[SCS_PATH_MAX];
	size_t n = strlen(folder);
	char *slash;

	if (n >= sizeof(p))
		return ERR_LIMIT;
	memcpy(p, folder, n + 1);
	while (inotify_add_watch(w->fd, p, EVENTS) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return ERR_IO;
		slash = strrchr(p, '/');
		if (slash == NULL || p[1] == '\0')
			return ERR_IO;
		slash[slash == p ? 1 : 0] = '\0';
	}
	return ERR_OK;
}

/* Adding a watch that is there changes nothing, so do it after each change. */
static err_t
arm(struct watch *w)
{
	err_t e = ERR_OK, first = ERR_OK;

	for (size_t i = 0; i < w->n; i++) {
		if ((e = arm_one(w, w->folders[i])) != ERR_OK &&
		    first == ERR_OK)
			first = e;
	}
	return first;
}

static int
on_settled(sd_event_source *s UNUSED, uint64_t usec UNUSED, void *data)
{
	struct watch *w = data;

	w->first_ms = 0;
	/* a folder that came while the one above it was watched */
	(void)arm(w);
	w->fn(w->ctx);
	return 0;
}

static int
on_event(sd_event_source *s UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct watch *w = data;
	uint64_t now = clock_ms(), wait = WATCH_SETTLE_MS, age;
	char drain[4096] __attribute__((aligned(8)));

	while (read(fd, drain, sizeof(drain)) > 0)
		;
	(void)arm(w);
	if (w->first_ms == 0)
		w->first_ms = now;
	age = now - w->first_ms;
	if (age >= WATCH_LATEST_MS)
		return on_settled(NULL, 0, w);
	if (age + wait > WATCH_LATEST_MS)
		wait = WATCH_LATEST_MS - age;
	if (sd_event_source_set_time_relative(w->timer, wait * 1000) < 0 ||
	    sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT) < 0)
		(void)on_settled(NULL, 0, w); /* better early than never */
	return 0;
}

static err_t
start(struct watch *w, sd_event *ev)
{
	if ((w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0)
		return ERR_IO;
	if (sd_event_add_io(ev, &w->io, w->fd, EPOLLIN, on_event, w) < 0 ||
	    sd_event_add_time_relative(
		ev, &w->timer, CLOCK_MONOTONIC, 0, 1000, on_settled, w) < 0 ||
	    sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0)
		return ERR_NOMEM;
	return arm(w);
}

err_t
watch_new(sd_event *ev, const char *const *folders, size_t n,
    void (*fn)(void *ctx), void *ctx, struct watch **out)
{
	CLEANUP(watch_free) struct watch *w = calloc(1, sizeof(*w));
	err_t e;

	if (w == NULL)
		return ERR_NOMEM;
	w->fd = -1;
	w->fn = fn;
	w->ctx = ctx;
	if (n > WATCH_FOLDERS_MAX)
		return ERR_LIMIT;
	for (; w->n < n; w->n++) {
		if ((w->folders[w->n] = strdup(folders[w->n])) == NULL)
			return ERR_NOMEM;
	}
	if ((e = start(w, ev)))
		return e;
	*out = TAKE(w);
	return ERR_OK;
}

err_t
watch_new_below(sd_event *ev, const struct watch_below *what,
    void (*fn)(void *ctx), void *ctx, struct watch **out)
{
	char path[WATCH_BELOW_MAX][SCS_PATH_MAX];
	const char *folders[WATCH_BELOW_MAX];
	err_t e;

	if (what->n > nitems(folders))
		return ERR_LIMIT;
	for (size_t i = 0; i < what->n; i++) {
		if ((e = path_under(what->prefix, what->rel[i], path[i])))
			return e;
		folders[i] = path[i];
	}
	return watch_new(ev, folders, what->n, fn, ctx, out);
}

void
watch_free(struct watch **wp)
{
	struct watch *w;

	if (wp == NULL || (w = *wp) == NULL)
		return;
	sd_event_source_disable_unref(w->io);
	sd_event_source_disable_unref(w->timer);
	fd_close(&w->fd);
	for (size_t i = 0; i < w->n; i++)
		free(w->folders[i]);
	free(w);
	*wp = NULL;
}
