/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/jail.h"

#include "sandbox/sandbox.h"

err_t
service_jail(void)
{
	err_t e;

	if ((e = sandbox_harden()))
		return e;
	/* a session may need a loop of its own: a name service waits for
	 * systemd-userdbd in one */
	return sandbox_enter(SANDBOX_SOCKETS | SANDBOX_LOOP | SANDBOX_CONNECT |
	    SANDBOX_READ_FILES | SANDBOX_FORK | SANDBOX_NARROW |
	    SANDBOX_STRANGERS);
}
