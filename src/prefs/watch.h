/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tell when files in some folders change, by inotify on an sd-event loop. A
 * folder need not exist yet: then its nearest ancestor that does is watched.
 */
#ifndef SCS_PREFS_WATCH_H
#define SCS_PREFS_WATCH_H

#include <systemd/sd-event.h>

#include "base/err.h"

#define WATCH_FOLDERS_MAX 4
#define WATCH_SETTLE_MS 100 /* quiet time before `fn` is called */
#define WATCH_LATEST_MS 500 /* it is called by then, quiet or not */

struct watch; /* opaque */

/*
 * Call fn(ctx) from the loop after something was created, written, renamed,
 * removed or changed its mode in one of these folders (absolute paths, copied).
 * Several changes in a row make one call. ERR_IO: the kernel gives no watch.
 */
MUST_CHECK err_t watch_new(sd_event *ev, const char *const *folders, size_t n,
    void (*fn)(void *ctx), void *ctx, struct watch **out);
void watch_free(struct watch **w);

#endif
