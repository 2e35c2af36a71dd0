/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process gives up for good. Each call is final and fails closed: a
 * process that cannot enter its sandbox must not go on.
 */
#ifndef SCS_READER_SANDBOX_H
#define SCS_READER_SANDBOX_H

#include "base/err.h"

/*
 * Not dumpable, not traceable by its own user, no core files, no new
 * privileges. ERR_IO.
 */
MUST_CHECK err_t sandbox_private(void);

/*
 * From now on only the system calls by these names, and those that any process
 * on an event loop needs; any other kills the process. In particular no exec,
 * no fork, no ptrace, no signal to another, no socket of its own. A name that
 * this machine's libseccomp does not know is skipped.
 */
MUST_CHECK err_t sandbox_enter(const char *const names[], size_t n);

/* As sandbox_enter(); open files for reading, nothing else, as well. */
MUST_CHECK err_t sandbox_enter_reading(const char *const names[], size_t n);

#endif
