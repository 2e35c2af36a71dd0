/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one thing a session asks the process that forked it: a place for somebody
 * who is not at the seat (authd/limit.h). Only the session knows where a login
 * comes from, since the parent reads nothing a caller says; only the parent
 * knows how many there are. Fixed packets on a SOCK_SEQPACKET pair: a name with
 * zeros after it, one byte back.
 */
#ifndef SCS_AUTHD_CLAIM_H
#define SCS_AUTHD_CLAIM_H

#include "authd/limit.h"

/*
 * The session's side. ERR_LIMIT: there is no place left. ERR_TIMEOUT, ERR_IO,
 * ERR_REMOVED: no answer, which is a no as well.
 */
MUST_CHECK err_t claim_ask(int fd, const char *who);

/* The parent's side; neither waits. ERR_FORMAT: no claim of ours. */
MUST_CHECK err_t claim_take(int fd, char who[LIMIT_WHO_MAX]);
void claim_answer(int fd, bool yes); /* who cannot be told takes it as a no */

#endif
