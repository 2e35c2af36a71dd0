/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tell when files in some folders change, by inotify on an sd-event loop. A
 * folder need not exist yet: then its nearest ancestor that does is watched.
 */
#ifndef SCS_PREFS_WATCH_H
#define SCS_PREFS_WATCH_H

#include <systemd/sd-event.h>

#include "base/err.h"

#define WATCH_FOLDERS_MAX 24
#define WATCH_BELOW_MAX 4
#define WATCH_SETTLE_MS 100 /* quiet time before `fn` is called */
#define WATCH_LATEST_MS 500 /* it is called by then, quiet or not */

struct watch; /* opaque */

/*
 * Call fn(ctx), which may free the watch, from the loop after something was
 * created, written, renamed, removed or changed its mode in one of these
 * folders (absolute paths, copied). Several changes in a row make one call.
 * ERR_IO: the kernel gives no watch.
 */
MUST_CHECK err_t watch_new(sd_event *ev, const char *const *folders, size_t n,
    void (*fn)(void *ctx), void *ctx, struct watch **out);
void watch_free(struct watch **w);

/* Folders below a prefix: paths.h, or any other that path_under() takes. */
struct watch_below {
	const char *prefix;
	const char *const *rel;
	size_t n; /* at most WATCH_BELOW_MAX */
};

/* The same for those. Also ERR_LIMIT: too many, or a path too long. */
MUST_CHECK err_t watch_new_below(sd_event *ev, const struct watch_below *what,
    void (*fn)(void *ctx), void *ctx, struct watch **out);

#endif
