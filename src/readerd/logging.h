/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The preference Logging of SmartCardServices(7), read live: while it is on,
 * the next reader that appears has its APDUs logged until it goes, and the
 * preference is turned off. Lines go to the journal, with fields to find them
 * by, where there is one, else to the log.
 */
#ifndef SCS_READERD_LOGGING_H
#define SCS_READERD_LOGGING_H

#include "base/err.h"

#define LOGGING_SUBSYSTEM "com.apple.CryptoTokenKit"
#define LOGGING_CATEGORY "APDULog"

struct service;
struct slot;

/* Before the sandbox closes: a socket to the journal is kept. */
MUST_CHECK err_t logging_start(struct service *svc, const char *prefix);
void logging_stop(struct service *svc);

/* The preference has changed to this. */
void logging_set(struct service *svc, bool on);

/* A reader appears: is it the one? */
void logging_reader(struct slot *s);

/* A line of apdulog.h. */
void logging_line(const struct slot *s, const char *line);

#endif
