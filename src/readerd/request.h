/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client may ask, in which dialect, with which body. */
#ifndef SCS_READERD_REQUEST_H
#define SCS_READERD_REQUEST_H

#include "readerd/client.h"

enum request_needs {
	NEEDS_ACCESS = 1 << 0, /* refused users are closed */
	NEEDS_HANDLE = 1 << 1, /* the body begins with an hCard of ours */
	NEEDS_WORKER = 1 << 2, /* worker dialect only */
	HAS_DATA = 1 << 3, /* bytes follow the body */
	NEEDS_READERS = 1 << 4, /* waits until it is known which there are */
};

struct request {
	uint32_t command;
	size_t body; /* bytes; 0: header.size is ignored */
	unsigned int needs; /* enum request_needs */
	/* Not ERR_OK: the connection is closed without an answer. */
	err_t (*handle)(struct client *c, struct handle *h);
};

/* No row, no service: NULL. */
const struct request *request_find(uint32_t command);

/* context.c */
err_t on_version(struct client *c, struct handle *h);
err_t on_establish(struct client *c, struct handle *h);
err_t on_release(struct client *c, struct handle *h);
err_t on_cancel(struct client *c, struct handle *h);
/* states.c */
err_t on_states(struct client *c, struct handle *h);
err_t on_states_size(struct client *c, struct handle *h);
err_t on_states_array(struct client *c, struct handle *h);
err_t on_wait(struct client *c, struct handle *h);
err_t on_stop(struct client *c, struct handle *h);
err_t on_events(struct client *c, struct handle *h);
/* share.c */
err_t on_connect(struct client *c, struct handle *h);
err_t on_reconnect(struct client *c, struct handle *h);
err_t on_disconnect(struct client *c, struct handle *h);
/* txn.c */
err_t on_begin(struct client *c, struct handle *h);
err_t on_end(struct client *c, struct handle *h);
err_t on_status(struct client *c, struct handle *h);
/* hold.c */
err_t on_hold(struct client *c, struct handle *h);
err_t on_unhold(struct client *c, struct handle *h);
err_t on_count(struct client *c, struct handle *h);
/* exchange.c */
err_t on_transmit(struct client *c, struct handle *h);
err_t on_control(struct client *c, struct handle *h);
err_t on_get_attrib(struct client *c, struct handle *h);
err_t on_set_attrib(struct client *c, struct handle *h);

/* UNHOLD came while a HOLD waits: take it out of the queue and answer both. */
err_t hold_cancel(struct client *c, const struct wire_disposition *unhold);

/* May this connection use readers? Decided once, at its first need. */
bool client_allowed(struct client *c);

/* The event that ends a WAIT (states.c). */
void client_event(struct client *c, uint32_t rv);

#endif
