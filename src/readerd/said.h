/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver's process writes to standard output and error: scs-ifd's own
 * lines of log, and whatever the driver prints. It is not trusted: each line
 * comes into our log as said by that driver, so it can be taken for nobody
 * else's, and only so many of them do: the rest is counted. Who has said
 * SAID_BYTES is listened to more slowly, and its details are left out: what does
 * not fit into the pipe is lost, but scs-ifd waits a moment with an error.
 *
 * A line may begin with "<N>", its level (base/log.h), and a name and a process
 * number as log_at() writes them, which are left out. Cut to SAID_LINE.
 */
#ifndef SCS_READERD_SAID_H
#define SCS_READERD_SAID_H

#include <systemd/sd-event.h>

#include "base/err.h"
#include "base/log.h"
#include "base/span.h"

#define SAID_LINE 512
#define SAID_WINDOW_MS 10000
#define SAID_BURST 100 /* notices in that time; as many errors and warnings */
#define SAID_BYTES (1024 * 1024) /* that are read in it without a rest */
#define SAID_REST_MS 50

struct said {
	unsigned int driver; /* whose words they are */
	int fd; /* owned; -1: none */
	sd_event_source *io, *rest;
	char line[SAID_LINE]; /* what has come of the current one */
	size_t n;
	uint64_t since; /* clock_ms() at the first line of this window */
	unsigned int notices, faults; /* in it */
	unsigned long left_out;
	size_t bytes; /* in it */
};

void said_init(struct said *s, unsigned int driver);

/*
 * Read from the pipe `fd` (taken) from now on, until its end; what the process
 * before left in its own is read first. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK err_t said_open(struct said *s, sd_event *ev, int fd);
void said_close(struct said *s);

/* These bytes were said. */
void said_feed(struct said *s, struct span bytes);

/* One line of them: where its text begins, and its level. */
const char *said_parse(const char *line, enum log_level *level);

#endif
