/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-ifd with a driver that does nothing: nullifd.c's counterpart. The card is
 * in from the start and answers at once, inside the driver's process, which has
 * the channel and the sandbox of scs-ifd. On descriptor 4, where a virtual
 * reader would listen for cards, it listens for the benchmark: each byte from
 * there puts the card in (1) or takes it out (0).
 */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "base/log.h"
#include "reader/host.h"
#include "sandbox/sandbox.h"

#define SLOT 0
#define ECHO 0x42000001u /* SCARD_CTL_CODE(1) */

static const uint8_t card_atr[] = { NULL_ATR };

struct null {
	struct host host;
	sd_event *ev;
	int listen_fd;
	bool present;
};

static void
move_card(struct null *n, bool in)
{
	if (n->present == in)
		return;
	n->present = in;
	host_card(&n->host, SLOT, in ? WORKER_CARD_IN : WORKER_CARD_OUT,
	    in ? span_from(card_atr, sizeof(card_atr)) : SPAN_NONE);
}

static int
on_mover(sd_event_source *src, int fd, uint32_t ev UNUSED, void *data)
{
	uint8_t moves[64];
	ssize_t r = recv(fd, moves, sizeof(moves), MSG_DONTWAIT);

	for (ssize_t i = 0; i < r; i++)
		move_card(data, moves[i] != 0);
	if (r == 0)
		sd_event_source_disable_unref(src);
	return 0;
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	int mover = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct null *n = data;
	sd_event_source *s;

	if (mover < 0)
		return 0;
	if (sd_event_add_io(n->ev, &s, mover, EPOLLIN, on_mover, n) < 0)
		(void)close(mover);
	else
		(void)sd_event_source_set_io_fd_own(s, 1);
	return 0;
}

static void
transmit(struct null *n, const struct worker_frame *f)
{
	static uint8_t answer[NULL_ANSWER_MAX];
	size_t answer_n;

	if (!n->present) {
		host_answer(&n->host, SLOT, f->id, ERR_REMOVED, SPAN_NONE);
		return;
	}
	answer_n = null_answer(f->body.p, f->body.n, answer, sizeof(answer));
	host_answer(&n->host, SLOT, f->id, ERR_OK, span_from(answer, answer_n));
}

static void
power(struct null *n, const struct worker_frame *f)
{
	if (!n->present)
		host_answer(&n->host, SLOT, f->id, ERR_REMOVED, SPAN_NONE);
	else if (f->value == WORKER_POWER_OFF)
		host_answer(&n->host, SLOT, f->id, ERR_OK, SPAN_NONE);
	else
		host_answer(&n->host, SLOT, f->id, ERR_OK,
		    span_from(card_atr, sizeof(card_atr)));
}

static void
null_request(void *self, const struct worker_frame *f)
{
	struct null *n = self;

	if (f->type == WORKER_TRANSMIT)
		transmit(n, f);
	else if (f->type == WORKER_POWER)
		power(n, f);
	else if (f->type == WORKER_PROTOCOL)
		host_answer(&n->host, SLOT, f->id, ERR_OK, SPAN_NONE);
	else if (f->type == WORKER_CONTROL && f->value == ECHO)
		host_answer(&n->host, SLOT, f->id, ERR_OK, f->body);
	else
		host_answer(&n->host, SLOT, f->id, ERR_UNSUPPORTED, SPAN_NONE);
}

static err_t
null_start(struct host *h UNUSED, sd_event *ev, const struct driver_args *args,
    void **self)
{
	struct null *n = *self;

	n->ev = ev;
	n->listen_fd = args->device_fd;
	if (sd_event_add_io(ev, NULL, n->listen_fd, EPOLLIN, on_accept, n) < 0)
		return ERR_NOMEM;
	host_slot(&n->host, SLOT, args->name);
	move_card(n, true);
	return ERR_OK;
}

static const struct driver null_driver = {
	.name = "null",
	.start = null_start,
	.request = null_request,
};

/* As scs-readerd starts scs-ifd: --virtual NAME. */
int
main(int argc, char **argv)
{
	static struct null n;
	struct driver_args args = { .device_fd = WORKER_DEVICE_FD };
	void *self = &n;
	err_t e;

	log_init("null-ifd", STDERR_FILENO, LOG_LV_NOTICE);
	if (argc < 3) {
		(void)fputs("usage: null-ifd --virtual NAME\n", stderr);
		return 2;
	}
	args.name = argv[2];
	if (sd_event_new(&n.ev) < 0)
		return 1;
	if ((e = sandbox_harden()) ||
	    (e = host_init(&n.host, n.ev, WORKER_FD, &null_driver)) ||
	    (e = null_start(&n.host, n.ev, &args, &self)))
		return 1;
	n.host.self = self;
	if ((e = sandbox_enter(SANDBOX_SOCKETS | SANDBOX_LOOP)))
		return 1;
	return stream_loop(n.ev) < 0 ? 1 : 0;
}
