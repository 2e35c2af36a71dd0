/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole reader service without a socket, for tests: clients are buffers,
 * and so is the driver. What a driver answers is said here.
 */
#ifndef SCS_READERD_RIG_H
#define SCS_READERD_RIG_H

#include "readerd/service.h"

struct rig {
	struct service svc;
};

#define RIG_READER "Rig 00 00"

/* What a busy machine may take from one line of a test to the next. */
#define SLACK_MS 2000u

/* One reader, no card. */
void rig_start(struct rig *r);
void rig_stop(struct rig *r);

/* The reader is there (again). */
void rig_plug(struct rig *r);
void rig_unplug(struct rig *r);

/* A T=1 card, or none. */
void rig_card(struct rig *r, bool in);

struct client *rig_client(struct rig *r, enum dialect dialect);

/* Bytes to the service; what client_input() said. */
err_t rig_say(struct client *c, uint32_t command, const void *body, size_t n);
err_t rig_say_data(struct client *c, uint32_t command, const void *body,
    size_t n, struct span data);

/* The next n bytes of the service's output; false if they are not all there. */
bool rig_hear(struct client *c, void *body, size_t n);

/* The same, behind the header of the worker dialect; the command, 0: none. */
uint32_t rig_hear_worker(struct client *c, void *body, size_t n);

/*
 * The driver's next request: its type, 0 if there is none. It stays the one
 * that rig_answer() answers.
 */
unsigned int rig_asked(struct rig *r, uint32_t *value);
void rig_answer(struct rig *r, err_t e, const char *hex);

/* Answer as a willing card does, until there are no more requests. */
void rig_serve(struct rig *r);

#endif
