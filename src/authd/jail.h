/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scs-authd may still do before it reads anybody's first byte: serve its
 * socket, fork sessions, read files, connect to AF_UNIX sockets (tokens, name
 * services, logind). Nothing is written, executed, traced or mounted, and no
 * other kind of socket made. The passwd database may need anybody's library, so
 * other calls fail instead of killing. Sessions inherit all of it.
 */
#ifndef SCS_AUTHD_JAIL_H
#define SCS_AUTHD_JAIL_H

#include "base/err.h"

/*
 * Not dumpable, no core file, no new privileges, and the filter. Once, when
 * everything is open. ERR_IO: not confined; the caller must not go on.
 */
MUST_CHECK err_t service_jail(void);

#endif
