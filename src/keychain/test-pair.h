/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests: an open connection to a service that the test itself is. */
#ifndef SCS_KEYCHAIN_TEST_PAIR_H
#define SCS_KEYCHAIN_TEST_PAIR_H

#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "keychain/link.h"
#include "test.h"

struct pair {
	int service; /* our end */
	struct scs *s;
};

/* Without a socket on disk. */
static struct pair
pair_new(void)
{
	int fds[2];
	struct pair p;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	p.service = fds[0];
	assert_non_null(p.s = calloc(1, sizeof(*p.s)));
	p.s->fd = fds[1];
	p.s->pid = getpid();
	return p;
}

static void
pair_done(struct pair *p)
{
	fd_close(&p->service);
	scs_close(&p->s);
}

#endif
