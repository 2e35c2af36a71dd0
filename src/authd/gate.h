/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part: accept a caller, check the limits, fork a session.
 *
 * A session holds the standard descriptors (2 is the log), its caller, and the
 * channel on which it may claim a place (authd/claim.h): not the listener, not
 * the control channel to scsd, no other caller, nothing of the parent's loop.
 * What it opens itself are the token service and the files it reads.
 */
#ifndef SCS_AUTHD_GATE_H
#define SCS_AUTHD_GATE_H

#include <systemd/sd-event.h>

#include "authd/session.h"

struct gate; /* opaque */

/*
 * Serve a listening, non-blocking socket (taken). `d` is borrowed. The
 * descriptors up to the listener's, 4, are those that scsd gave: a session's
 * own take their numbers.
 */
MUST_CHECK err_t gate_new(
    sd_event *ev, int listen_fd, struct authd *d, struct gate **out);
void gate_free(struct gate **g); /* ends the sessions that still run */

#endif
