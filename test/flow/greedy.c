/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of scs-readerd, after somebody has broken into it: asks scsd for
 * workers without end, and says on standard error how many it got.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/control.h"

#define TRIES 300
#define WAIT_MS 60000u

static bool
one_more(uint32_t cookie)
{
	struct control c = {
		.type = CONTROL_SPAWN, .kind = WORKER_IFD, .cookie = cookie
	};
	uint64_t deadline = deadline_in(WAIT_MS);
	int fd = -1;

	if (control_send(CONTROL_FD, &c, -1) != ERR_OK)
		return false;
	do {
		if (control_recv(CONTROL_FD, &c, &fd, deadline) != ERR_OK)
			return false;
	} while (c.type != CONTROL_WORKER || c.cookie != cookie);
	/* its channel stays open, so that it stays as well */
	return c.error == 0;
}

int
main(void)
{
	const struct control ready = { .type = CONTROL_READY };
	unsigned int got = 0;

	for (uint32_t i = 1; i <= TRIES; i++)
		got += one_more(i);
	fprintf(stderr, "greedy: %u workers\n", got);
	if (control_send(CONTROL_FD, &ready, -1) != ERR_OK)
		return 1;
	(void)pause();
	return 0;
}
