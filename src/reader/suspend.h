/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices that the machine was suspended and is awake again. A card may have
 * lost its power meanwhile, or have been exchanged for another one without the
 * reader seeing it: what was known of it is void.
 *
 * No other service is asked: CLOCK_BOOTTIME counts the time asleep and
 * CLOCK_MONOTONIC does not, and a timer on CLOCK_REALTIME with
 * TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)) is cancelled at every resume at
 * which they have parted. Not seen is a sleep to idle in which the clocks go on,
 * and one too short for the clock of a machine that counts seconds asleep. Then
 * the card tells: what it refuses ends the sessions (tokend/guard.h).
 */
#ifndef SCS_READER_SUSPEND_H
#define SCS_READER_SUSPEND_H

#include <systemd/sd-event.h>

#include "base/err.h"

struct suspend {
	sd_event_source *source;
	int fd;
	uint64_t asleep_ms; /* in all, when last looked at */
	uint64_t (*boottime)(void), (*monotonic)(void); /* in ms */
	void (*awake)(void *ctx);
	void *ctx;
};

/*
 * `awake` is called on the loop once after each time asleep, before anything
 * else that is ready there, and not when somebody only sets the clock; and
 * should it not be possible to notice the next one. `s` must stay where it is.
 * ERR_NOMEM, ERR_IO.
 */
MUST_CHECK err_t suspend_start(
    struct suspend *s, sd_event *ev, void (*awake)(void *ctx), void *ctx);
void suspend_stop(struct suspend *s);

/* Look at the clocks now, as the timer does. */
void suspend_look(struct suspend *s);

#endif
