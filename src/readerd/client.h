/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection, which is one PC/SC context: pcsc/wire.h's frames in and out.
 * At most one request is in work; while it is, nothing more is read, except
 * behind a HOLD that waits, where UNHOLD cancels it.
 */
#ifndef SCS_READERD_CLIENT_H
#define SCS_READERD_CLIENT_H

#include "ipc/peer.h"
#include "pcsc/wire.h"
#include "reader/stream.h"

struct handle;
struct job;
struct request;
struct service;

enum dialect {
	DIALECT_PLAIN,
	DIALECT_WORKER,
};

/* The body of the request in work, and of its answer. */
union wire_body {
	struct wire_version version;
	struct wire_establish establish;
	struct wire_release release;
	struct wire_connect connect;
	struct wire_reconnect reconnect;
	struct wire_disposition disposition;
	struct wire_handle handle;
	struct wire_transmit transmit;
	struct wire_control control;
	struct wire_attrib attrib;
	struct wire_cancel cancel;
	struct wire_wait wait;
	struct wire_events events;
	struct wire_hold hold;
	struct wire_count count;
	int32_t card; /* the first field of all that name one */
};

enum waiting {
	WAIT_NOT,
	WAIT_HELD_BACK, /* until the states were sent (4:6) */
	WAIT_ARMED,
};

struct client {
	struct client *prev, *next;
	struct service *svc; /* borrowed */
	struct stream io;
	struct peer peer;
	enum dialect dialect;
	int32_t minor; /* 4:minor, as the client asked */
	uint32_t context; /* 0: none */
	enum {
		ACCESS_UNKNOWN,
		ACCESS_YES,
		ACCESS_NO
	} access;
	bool refused; /* no room: every request is answered with that */
	enum waiting waiting;
	bool event_due; /* something came while held back: */
	uint32_t due_rv; /* a change, or a cancel, which goes before it */
	uint32_t states_size; /* announced by STATES_SIZE */

	struct handle *handles;
	size_t handles_n;
	/* a worker's one card: its reader ("": none yet) and event counter */
	char bound[WIRE_READER_NAME];
	uint16_t bound_events;

	bool busy; /* a request is in work */
	uint32_t command;
	size_t body_n, data_n; /* data are the first bytes of io.in */
	struct job *job; /* if it waits for a slot */
	const struct request *parked; /* if it waits for the readers */
	union wire_body body;
};

/*
 * A new connection; `fd` is taken, also on failure; -1 in tests.
 * ERR_NOMEM, ERR_LIMIT.
 */
MUST_CHECK err_t client_new(struct service *svc, int fd, enum dialect dialect,
    const struct peer *peer, struct client **out);

/* The connection is over: handles, job, memory. */
void client_free(struct client *c);

/* Take frames out of c->io.in. Not ERR_OK: close. */
MUST_CHECK err_t client_input(struct client *c);

/* The readers are known: answer what has waited for that. */
void client_settled(struct client *c);

/* The bytes that follow the body of the request in work. Borrowed. */
struct span client_data(const struct client *c);

/*
 * Answer the request in work with c->body, followed by `data`, and read on.
 */
void client_reply(struct client *c, struct span data);

/* The same with this rv and nothing behind. */
void client_reply_rv(struct client *c, uint32_t rv);

/* Answer with other bytes than c->body (states). */
void client_reply_raw(struct client *c, struct span body);

/* Send something that is no answer. */
void client_send(struct client *c, uint32_t command, struct span body);

#endif
