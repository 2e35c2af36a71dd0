/* SPDX-License-Identifier: BSD-2-Clause */
/* Our side of the control channel to scsd (ipc/control.h). */
#ifndef SCS_READERD_SUPERVISOR_H
#define SCS_READERD_SUPERVISOR_H

#include "readerd/service.h"

/* Ask for one process for each of the first n drivers; say that we are ready.
 */
MUST_CHECK err_t supervisor_start(struct service *svc, int fd, unsigned int n);

#endif
