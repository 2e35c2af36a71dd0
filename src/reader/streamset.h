/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The epoll set that all streams of a process share, and the loop around it:
 * stream.c's other half. For everybody else there is stream.h.
 */
#ifndef SCS_READER_STREAMSET_H
#define SCS_READER_STREAMSET_H

#include "reader/stream.h"

/* Wait for bytes of `s` from now on, in the loop of `ev`. ERR_NOMEM. */
MUST_CHECK err_t streamset_add(struct stream *s, sd_event *ev);

/* And of those in its s->in_fd. ERR_NOMEM. */
MUST_CHECK err_t streamset_add_pipe(struct stream *s);

/* Wait for these (EPOLLIN, EPOLLOUT), which becomes s->events. */
void streamset_change(struct stream *s, uint32_t events);

/* stream_flush() before the loop sleeps, or now if there is none. */
void streamset_flush_late(struct stream *s);

/* No more events of `s`, also of those that are being dispatched. */
void streamset_remove(struct stream *s);

/* In stream.c: what the kernel said about `s`. It may be freed by this. */
void stream_ready(struct stream *s, uint32_t events);

#endif
