/* SPDX-License-Identifier: BSD-2-Clause */
/* The sections of system_profiler(8), each from its own source. */
#ifndef SCS_TOOL_PROFILER_H
#define SCS_TOOL_PROFILER_H

#include "tool/cards.h"
#include "tool/report.h"

/*
 * Readers, from the PC/SC service; the section is made even when that cannot be
 * reached, which is the error then.
 */
MUST_CHECK err_t profiler_readers(
    struct report *r, const char *prefix, struct why *why);

/* Drivers of readers: the bundles in the drivers' folders. */
void profiler_reader_drivers(struct report *r, const char *prefix);

/* Drivers of cards: those that are built in, disabled ones marked. */
void profiler_card_drivers(struct report *r, const char *prefix);

/* The identities that each card brings, and all that is on it. */
void profiler_keychain(struct report *r, const struct cards *c);
void profiler_tokens(struct report *r, const struct cards *c);

#endif
