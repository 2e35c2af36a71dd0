/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One reader: its card, who is connected to it, who has it, and who waits for
 * it. There is one queue, first come first served but for what a login waits
 * for; a job whose turn it is but that may not run yet (another's transaction)
 * is passed over and keeps its place. One job at a time talks to the driver
 * (but see flight.h).
 *
 * A transaction (BEGIN) and a hold (HOLD of a token worker) are the same thing
 * here: `holder`. The death of a holder makes a reset due, which comes before
 * any job.
 */
#ifndef SCS_READERD_SLOT_H
#define SCS_READERD_SLOT_H

#include <systemd/sd-event.h>

#include "pcsc/rv.h"
#include "pcsc/wire.h"
#include "reader/worker.h"
#include "readerd/apdulog.h"
#include "readerd/flight.h"

struct client;
struct handle;
struct ifd;
struct job;
struct service;

struct slot {
	struct service *svc; /* borrowed */
	struct ifd *ifd; /* borrowed */
	uint16_t number; /* the driver's */
	bool present; /* the reader is plugged in */
	char name[WIRE_READER_NAME];

	enum worker_card card;
	bool looked; /* its driver has said so once */
	bool powered;
	uint8_t atr[WIRE_ATR_SIZE];
	size_t atr_n;
	uint32_t protocol; /* SCARD_PROTOCOL_*; 0: not negotiated */
	uint16_t event_counter; /* cards in and out */

	struct handle *handles;
	struct handle *exclusive; /* one of them, or NULL */
	struct handle *holder; /* transaction or hold, or NULL */
	unsigned int depth; /* of nested transactions */
	bool held; /* by HOLD */
	bool wanted_sent; /* the holder knows that somebody waits */
	bool reset_due; /* before anybody gets the card */
	uint64_t used_ms; /* clock_ms(): the holder did something (idle.h) */
	uint64_t wanted_ms; /* clock_ms() of wanted_sent */
	sd_event_source *idle; /* owned; NULL: not needed yet */

	struct job *queue; /* first is next */
	struct flight flight; /* the driver works for these */
	uint32_t next_id;
	bool in_run;

	uint64_t activity; /* changes whenever the card's state may have */
	uint64_t apdus; /* sent to the card since we started */
	struct apdulog log;
};

/*
 * Something a client (or nobody: client NULL) wants from a slot. Owned by the
 * slot from job_queue() until job_end().
 */
struct job {
	struct job *next;
	struct slot *slot;
	struct client *client; /* NULL: internal, or its client has gone */
	struct handle *handle; /* NULL: not connected yet, or gone */

	/* may it run, given who has the card? NULL: job_may_run() */
	bool (*ready)(const struct job *j);
	/* its turn: answer and job_end(), or slot_ask() */
	void (*go)(struct job *j);
	/* the driver's answer */
	void (*done)(struct job *j, err_t e, struct span answer);
	uint32_t id; /* of the request to the driver */
	bool first; /* goes before those that are not (WIRE_HOLD_FIRST) */
	bool plain; /* one command: may be in flight with others (flight.h) */
	uint64_t login_ms; /* clock_ms() when a login asked; 0: it is none */

	/* for bringing a card up (power.h) */
	int power; /* enum worker_power still to be done, -1: none */
	bool only_power;
	bool negotiate;
	uint32_t preferred, chosen;
	void (*finish)(struct job *j, uint32_t rv);
};

/* Append and run what can run. ERR_NOMEM. */
MUST_CHECK err_t job_queue(const struct job *what);

/* The default rule: nobody else has the card. */
bool job_may_run(const struct job *j);

/* The rule of this one. */
bool job_ready(const struct job *j);

/* Finished: freed. The caller's event ends with slot_run(). */
void job_end(struct job *j);

/* Ask the driver; the answer comes to j->done. */
void slot_ask(
    struct job *j, enum worker_type type, uint32_t value, struct span body);

/* Give turns until the driver is busy or nobody can run. */
void slot_run(struct slot *s);

/* The driver's answer to its oldest request. ERR_FORMAT: to another one. */
MUST_CHECK err_t slot_answer(
    struct slot *s, uint32_t id, err_t e, struct span body);

/* ---- what happens to a reader and its card */

/* The card came, left or is mute. `atr` only with WORKER_CARD_IN. */
void slot_card(struct slot *s, enum worker_card card, struct span atr);

/* The reader is there / has gone, with its queue and handles. */
void slot_appear(struct slot *s, struct span name);
void slot_vanish(struct slot *s);

/* It was unplugged, not merely lost by its driver: its card counts as taken
 * out. scs-tokend tells the two apart by the count (tokend/recall.h). */
void slot_taken(struct slot *s);

/* The card lost its state: every handle but `except` is told. */
void slot_was_reset(struct slot *s, const struct handle *except);

/* A snapshot for clients. */
void slot_state(const struct slot *s, struct wire_reader_state *out);

#endif
