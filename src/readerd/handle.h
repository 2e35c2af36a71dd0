/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's connection to a card: hCard. */
#ifndef SCS_READERD_HANDLE_H
#define SCS_READERD_HANDLE_H

#include "readerd/slot.h"

enum handle_mark {
	MARK_NONE,
	MARK_RESET, /* by somebody else: RECONNECT to go on */
	MARK_REMOVED, /* the card has left */
	MARK_GONE, /* the reader has */
};

struct handle {
	struct handle *next_of_client, *next_of_slot;
	struct client *client; /* borrowed */
	struct slot *slot; /* borrowed; NULL with MARK_GONE */
	int32_t card; /* random, unique */
	uint32_t share;
	uint32_t preferred; /* protocols */
	enum handle_mark mark;
	bool worker; /* a token worker's: no share */
	uint64_t apdus; /* sent through it */
	uint64_t seen; /* slot->activity when it last had the card */
};

/* A new connection. ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK err_t handle_new(
    struct client *c, struct slot *s, uint32_t share, struct handle **out);

/*
 * End it. If it has the card, a reset becomes due unless `left_clean` says that
 * the client has ended the transaction itself.
 */
void handle_free(struct handle *h, bool left_clean);

/* Of this client; NULL: foreign or stale. */
struct handle *handle_find(const struct client *c, int32_t card);

/* SCARD_S_SUCCESS, or what the mark says. */
uint32_t handle_rv(const struct handle *h);

/* Does somebody else have the card? */
bool handle_shut_out(const struct handle *h);

/* How others see it: connections (workers' do not count), -1: exclusive. */
int32_t handle_sharing(const struct slot *s);

#endif
