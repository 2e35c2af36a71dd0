/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client against a service (a pcscd that somebody has replaced, a readerd
 * gone mad) that has said everything before it is asked, and then goes. The
 * first byte is the dialect.
 */
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "fuzz.h"
#include "pcsc/client.h"

#define INPUT_MAX 100000 /* what a socket takes without a reader */
#define WAIT_MS 5

static uint64_t
soon(void)
{
	return deadline_in(WAIT_MS);
}

static void
ask_for_readers(struct pcsc *c)
{
	static struct wire_reader_state states[4];
	size_t n = 0;

	if (pcsc_readers(c, states, nitems(states), &n, soon()) == ERR_OK)
		FUZZ_PROMISE(n <= nitems(states));
	n = 0;
	if (pcsc_watch(c, states, nitems(states), &n, soon()) != ERR_OK)
		return;
	FUZZ_PROMISE(n <= nitems(states));
	if (pcsc_changed(c) != ERR_OK && pcsc_watch_stop(c, soon()) != ERR_OK)
		FUZZ_PROMISE(pcsc_fd(c) >= -1);
}

static void
use_card(struct pcsc *c)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(300);
	struct wire_connect want = pcsc_want("Reader 00", 2, 3);
	struct pcsc_exchange x = { .protocol = 2, .cmd = span_str("\1\2\3\4") };
	uint32_t active = 0, touched = 0;
	uint64_t apdus = 0;

	if (pcsc_connect(c, &want, &x.card, &active, soon()) != ERR_OK)
		return;
	if (pcsc_hold(c, x.card, 0, &touched, soon()) == ERR_OK &&
	    pcsc_transmit(c, &x, &answer, soon()) == ERR_OK)
		FUZZ_PROMISE(answer.n <= answer.max);
	(void)pcsc_wanted(c);
	if (pcsc_count(c, x.card, &apdus, soon()) != ERR_OK)
		FUZZ_PROMISE(apdus == 0);
	if (pcsc_reset(c, x.card, 3, &active, soon()) != ERR_OK ||
	    pcsc_status(c, x.card, soon()) != ERR_OK ||
	    pcsc_unhold(c, x.card, 0, soon()) != ERR_OK ||
	    pcsc_disconnect(c, x.card, 0, soon()) != ERR_OK)
		FUZZ_PROMISE(pcsc_fd(c) >= -1);
}

void
fuzz_one(struct span in)
{
	CLEANUP(pcsc_close) struct pcsc *c = NULL;
	CLOSE_FD int service = -1;
	uint8_t first;
	int pair[2];

	if (span_u8(&in, &first) != ERR_OK || in.n > INPUT_MAX ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return;
	service = pair[1];
	if (fd_write_all(service, in, deadline_in(1000)) != ERR_OK ||
	    shutdown(service, SHUT_WR) != 0) {
		fd_close(&pair[0]);
		return;
	}
	if (pcsc_open_fd(pair[0], (first & 1) != 0 ? PCSC_WORKER : PCSC_PLAIN,
		soon(), &c) != ERR_OK)
		return;
	if ((first & 2) != 0)
		ask_for_readers(c);
	use_card(c);
	if (!pcsc_alive(c))
		FUZZ_PROMISE(pcsc_fd(c) < 0);
}
