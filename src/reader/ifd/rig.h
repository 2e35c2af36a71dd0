/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the threads that call a driver: a driver of two slots (and of a
 * third that cannot be opened), which does as it is told, and scs-readerd's end
 * of the channel.
 */
#ifndef SCS_READER_IFD_RIG_H
#define SCS_READER_IFD_RIG_H

#include <stdatomic.h>

#include "reader/ifd/thread.h"

#define RIG_SLOTS 2
#define RIG_TIMEOUT_MS 500u
#define RIG_PATIENCE_MS 30000u /* whoever waits longer waits for ever */

struct rig {
	/* what the driver is to do; rig_start() begins anew */
	atomic_bool card[RIG_SLOTS]; /* one is in the slot */
	atomic_bool hangs[RIG_SLOTS]; /* in a command, until this is false */
	atomic_bool mute[RIG_SLOTS]; /* what it is asked there fails */
	atomic_bool hasty; /* its polling function does not wait */

	/* what it has seen */
	atomic_int inside; /* calls that are in it now */
	atomic_int inside_slot[RIG_SLOTS + 1];
	atomic_bool overlapped; /* two calls at once */
	atomic_bool overlapped_slot; /* two of one slot */
	atomic_bool told[RIG_SLOTS]; /* to return from its polling */
	atomic_uint looks, looks_slot[RIG_SLOTS], commands;
	atomic_uint closed, polled, unlooked;

	/* its channel: scs-readerd's end and its own */
	int ends[2];
	size_t seen_n; /* frames that came and nobody has asked for */
};

extern struct rig rig;
extern const uint8_t rig_atr[4];

struct news {
	struct worker_frame f;
	bool heard;
	uint8_t body[64];
};

/* What the driver says of itself. */
enum {
	RIG_PLAIN = 0,
	RIG_POLLS = 1, /* it has a polling function */
	RIG_STOPS = 2, /* which can be told to return */
	RIG_AT_ONCE = 4, /* its slots may be called at the same time */
};

struct thread *rig_start(unsigned int what, uint64_t timeout_ms);
void rig_stop(struct thread **t);

/* A request; a command of four bytes to a slot. */
void rig_ask(const struct worker_frame *f);
void rig_command(uint16_t slot, uint32_t id);

struct news rig_wants(enum worker_type type, uint16_t slot, uint32_t value);

/* Wait for such a frame; false after a long time. */
bool rig_hear(struct news *want);

/* The same, and what came is of no interest. */
void rig_must_hear(enum worker_type type, uint16_t slot, uint32_t value);

/* The good answer to that command of that slot. */
void rig_must_answer(uint16_t slot, uint32_t id);

/* A command of the slot is in the driver. */
void rig_wait_inside(uint16_t slot);

/* Read what there is; the `i`th frame that nobody has asked for. */
void rig_listen(void);
const struct worker_frame *rig_seen(size_t i);

#endif
