/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which reader drivers there are, followed while we run: bundles of USB readers'
 * drivers and the readers of reader.conf, each by a number under which
 * scs-readerd asks for it. A number means the same thing until it has gone;
 * scs-readerd is told of what has changed, and a restarted one begins anew.
 */
#ifndef SCS_SCSD_DRIVERS_H
#define SCS_SCSD_DRIVERS_H

#include "reader/config/reader-conf.h"

struct scsd;

/* Look for all of them; what was there before is forgotten. ERR_NOMEM, ... */
MUST_CHECK err_t drivers_load(struct scsd *d);

/* Tell scs-readerd of changes from now on. Without a watch, SIGHUP has to do. */
void drivers_watch(struct scsd *d);

/* Look again, and tell. */
void drivers_reload(struct scsd *d);

/* How many numbers are in use for readers that no bus announces. */
unsigned int drivers_count(const struct scsd *d);

/* One of them, virtual ones not counted. NULL: it has gone. */
const struct reader_conf *drivers_reader(
    const struct scsd *d, unsigned int index);

/*
 * Make `list` what `fresh` is, where each reader keeps its number: those that
 * have gone leave a hole (no library), new ones fill the holes.
 * fn(number, present) hears of each change, of those that go first.
 */
void drivers_merge(struct reader_list *list, const struct reader_list *fresh,
    void (*fn)(size_t number, bool present, void *ctx), void *ctx);

#endif
