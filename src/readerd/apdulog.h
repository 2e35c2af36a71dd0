/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The APDU log: `APDU -> 00 a4 04 00 ...` and `APDU <- ... 90 00`. Only
 * commands known to be harmless, and their answers, are shown whole; of all
 * others header, length and status word. What is said with command chaining
 * and fetched with GET RESPONSE inherits the mask, for each logical channel.
 */
#ifndef SCS_READERD_APDULOG_H
#define SCS_READERD_APDULOG_H

#include "base/span.h"

#define APDULOG_CHANNELS 4 /* of ISO/IEC 7816-4, 5.4.1 */
#define APDULOG_LINE_MAX 900 /* longer ones are cut, visibly */

struct apdulog {
	bool on;
	bool answer_open; /* the answer awaited may be shown */
	bool open[APDULOG_CHANNELS]; /* the last answer was shown */
	bool chaining[APDULOG_CHANNELS]; /* a chain is under way ... */
	bool chain_open[APDULOG_CHANNELS]; /* ... and may be shown */
	uint8_t channel; /* of the command in work */
};

/* The card was reset: no chain, no answer to be fetched. */
void apdulog_reset(struct apdulog *l);

/*
 * The line for a command or its answer, without the reader's name. Always
 * terminated.
 */
void apdulog_command(
    struct apdulog *l, struct span cmd, char line[APDULOG_LINE_MAX]);
void apdulog_answer(
    struct apdulog *l, struct span answer, char line[APDULOG_LINE_MAX]);

#endif
