/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accepting clients: quotas for each uid, and an answer instead of silence when
 * there is no room. At the descriptor limit accepting pauses for a moment; it
 * never spins.
 */
#ifndef SCS_READERD_LISTEN_H
#define SCS_READERD_LISTEN_H

#include "readerd/service.h"

struct listener {
	struct service *svc; /* borrowed */
	int fd; /* owned */
	enum dialect dialect;
	sd_event_source *io, *pause;
	bool complained;
};

/* `fd` is a listening, non-blocking socket; taken. ERR_NOMEM. */
MUST_CHECK err_t listen_start(
    struct listener *l, struct service *svc, int fd, enum dialect dialect);
void listen_stop(struct listener *l);

/*
 * One more of this uid? Root (and so every token worker) and our own user have
 * no quota, and what is kept of the descriptors: others cannot shut them out,
 * nor can those who wait to be told that there is no room, *refused of them.
 */
bool listen_has_room(const struct service *svc, uid_t uid, size_t *refused);

/* Raise the descriptor limit as far as it goes; how many clients that is. */
size_t listen_room(void);

#endif
