/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/control.h"

#include <string.h>

#include "base/fd.h"

err_t
control_send(int sock, const struct control *c, int fd)
{
	return fd_send_packet(sock, span_from(c, sizeof(*c)), fd);
}

err_t
control_recv(int sock, struct control *c, int *fd, uint64_t deadline)
{
	struct control got;
	CLOSE_FD int with = -1;
	size_t n;
	err_t e;

	if ((e = fd_recv_packet(sock, &got, sizeof(got), deadline, &n, &with)))
		return e;
	if (n == 0)
		return ERR_REMOVED;
	if (n != sizeof(got) ||
	    memchr(got.path, '\0', sizeof(got.path)) == NULL)
		return ERR_FORMAT;
	*c = got;
	*fd = fd_take(&with);
	return ERR_OK;
}
