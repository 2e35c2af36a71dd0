/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's part: accept a caller, check the limits, fork a session. */
#ifndef SCS_AUTHD_GATE_H
#define SCS_AUTHD_GATE_H

#include <systemd/sd-event.h>

#include "authd/session.h"

struct gate; /* opaque */

/* Serve a listening, non-blocking socket (taken). `d` is borrowed. */
MUST_CHECK err_t gate_new(
    sd_event *ev, int listen_fd, struct authd *d, struct gate **out);
void gate_free(struct gate **g); /* ends the sessions that still run */

#endif
