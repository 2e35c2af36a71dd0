/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of text for each command, without secrets. */
#ifndef SCS_VCARD_TRACE_H
#define SCS_VCARD_TRACE_H

#include "codec/apdu.h"

struct vcard;

/* `resp` empty: power was lost before the answer. */
void trace_command(
    const struct vcard *c, const struct apdu *cmd, struct span resp);

#endif
