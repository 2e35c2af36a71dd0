/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the client only: one connection and its frames. */
#ifndef SCS_PCSC_LINK_H
#define SCS_PCSC_LINK_H

#include "pcsc/client.h"

struct pcsc {
	int fd; /* -1: dead */
	enum pcsc_dialect dialect;
	int32_t minor; /* agreed: 4:minor */
	uint32_t context;
	uint32_t rv; /* of the last answer */
	size_t rest; /* worker: bytes after the body of the last answer */
	bool wanted; /* WANTED came since the hold began */
	uint32_t spoken; /* the protocol, as the last HOLD said; 0: unknown */
	bool watching; /* one event is owed to us */
	void (*waiting)(void); /* NULL: nobody to tell */
	uint64_t pulse_ms, pulsed; /* how often; clock_ms() of the last time */
};

/* Close after a failure that leaves the stream out of step. */
err_t link_dead(struct pcsc *c, err_t e);

/* One request; `data` follows the body and is not counted in h.size. */
MUST_CHECK err_t link_send(struct pcsc *c, struct wire_header h,
    const void *body, struct span data, uint64_t deadline);

/* Exactly n bytes of the answer to `command`, without looking at them. */
MUST_CHECK err_t link_recv(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline);

/* The same for a body that ends with its rv, which becomes the result. */
MUST_CHECK err_t link_answer(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline);

/* Request and answer of the same body. */
MUST_CHECK err_t link_call(
    struct pcsc *c, uint32_t command, void *body, size_t n, uint64_t deadline);

/* Something to read, or the end, before the deadline. */
bool link_readable(struct pcsc *c, uint64_t deadline);

#endif
