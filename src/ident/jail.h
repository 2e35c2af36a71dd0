/* SPDX-License-Identifier: BSD-2-Clause */
/* The seccomp filter of the certificate child. */
#ifndef SCS_IDENT_JAIL_H
#define SCS_IDENT_JAIL_H

#include "base/err.h"

/*
 * From now on this process may compute, get memory (never executable), write to
 * `fd` and end. Any other system call kills it. Sets no-new-privs.
 */
MUST_CHECK err_t jail_compute_only(int fd);

#endif
