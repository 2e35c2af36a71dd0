/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"

#define ANSWER_MS 15000 /* the parent may be reading records */

/* A packet of exactly n bytes, and no descriptor with it. */
static err_t
take(int fd, void *p, size_t n, uint64_t deadline)
{
	CLOSE_FD int with = -1;
	size_t got = 0;
	err_t e;

	if ((e = fd_recv_packet(fd, p, n, deadline, &got, &with)))
		return e;
	if (got == 0)
		return ERR_REMOVED;
	return got == n && with < 0 ? ERR_OK : ERR_FORMAT;
}

err_t
claim_ask(int fd, const char *who)
{
	char packet[LIMIT_WHO_MAX] = "";
	uint8_t yes = 0;
	err_t e;

	if (strlen(who) >= sizeof(packet))
		return ERR_LIMIT;
	(void)snprintf(packet, sizeof(packet), "%s", who);
	if ((e = fd_send_packet(fd, span_from(packet, sizeof(packet)), -1)) ||
	    (e = take(fd, &yes, 1, deadline_in(ANSWER_MS))))
		return e;
	return yes == 1 ? ERR_OK : ERR_LIMIT;
}

err_t
claim_take(int fd, char who[LIMIT_WHO_MAX])
{
	err_t e;

	if ((e = take(fd, who, LIMIT_WHO_MAX, 0)))
		return e;
	return who[0] != '\0' && memchr(who, '\0', LIMIT_WHO_MAX) != NULL
	    ? ERR_OK
	    : ERR_FORMAT;
}

void
claim_answer(int fd, bool yes)
{
	uint8_t byte = yes ? 1 : 0;
	err_t e;

	e = fd_send_packet(fd, span_from(&byte, 1), -1);
	(void)e;
}
