/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session gives up before it reads its caller's first byte. It still
 * needs the passwd database, records, the token socket and a certificate
 * child, so this is a list of what it can do without, not of what it may do.
 */
#ifndef SCS_AUTHD_JAIL_H
#define SCS_AUTHD_JAIL_H

#include "base/err.h"

/*
 * Not dumpable, no core file, no new privileges; no other program, no sockets
 * but AF_UNIX, nothing that looks into other processes or changes the system.
 * Forbidden calls fail with EPERM.
 */
MUST_CHECK err_t session_jail(void);

/* The first three, for the service itself. */
MUST_CHECK err_t service_harden(void);

#endif
