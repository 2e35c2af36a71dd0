/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token service says to a program that uses libscs: the first byte says
 * what it calls, the rest waits in the socket before it asks.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "fuzz.h"
#include "keychain/link.h"

#define ROOM 64

static int
use_key(struct scs *s, uint8_t call)
{
	const struct scs_key key = { 1, 0x9a + (call & 2) };
	const struct scs_bytes data = { "data", 4 },
			       pin = { "123456", (call & 4) != 0 ? 6 : 0 };
	uint8_t room[ROOM + 1];
	struct scs_answer out = { room, ROOM, 0 };
	int r;

	room[ROOM] = 0x5a;
	r = call % 3 == 0   ? scs_sign(s, &key, SCS_ECDSA, data, pin, &out)
	    : call % 3 == 1 ? scs_decrypt(s, &key, data, pin, &out)
			    : scs_derive(s, &key, data, pin, &out);
	FUZZ_PROMISE(room[ROOM] == 0x5a);
	FUZZ_PROMISE(r != SCS_OK || out.len <= ROOM);
	FUZZ_PROMISE(out.len <= SCS_RESULT_MAX);
	return r;
}

static int
ask(struct scs *s, uint8_t call)
{
	const struct scs_bytes pin = { "123456", 6 };
	const struct scs_token *all;
	int tries = -1, changed;
	size_t n;

	switch (call >> 5) {
	case 0:
		return scs_list(s, &all, &n);
	case 1:
		return scs_login(s, 1, pin, &tries);
	case 2:
		return scs_tries(s, 1, &tries);
	case 3:
		return scs_change_pin(s, 1, pin, pin, &tries);
	case 4:
		return scs_watch(s) || scs_changed(s, &changed);
	default:
		return use_key(s, call);
	}
}

void
fuzz_one(struct span in)
{
	struct scs *s;
	uint8_t call;
	int fds[2];

	if (span_u8(&in, &call) != ERR_OK)
		return;
	FUZZ_PROMISE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	FUZZ_PROMISE((s = calloc(1, sizeof(*s))) != NULL);
	s->fd = fds[1];
	s->pid = getpid();
	/* what does not fit into the socket is cut off */
	if (fd_write_all(fds[0], in, 0) != ERR_OK)
		(void)shutdown(fds[0], SHUT_WR);
	(void)shutdown(fds[0], SHUT_WR);
	(void)ask(s, call);
	FUZZ_PROMISE(text_ok(span_str(scs_reason(s))));
	(void)ask(s, call); /* goes on, or says that it is lost */
	scs_close(&s);
	fd_close(&fds[0]);
}
