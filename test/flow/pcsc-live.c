/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcsc/client.h against a live service: scs-readerd with a T=1 card that says
 * 9000 to everything, or (--old SOCKET) another PC/SC service without readers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pcsc/client.h"
#include "pcsc/rv.h"

#define READER "Flow Reader 00 00"

#define MUST(want, call)                                             \
	do {                                                         \
		err_t got_ = (call);                                 \
		if (got_ != (want)) {                                \
			printf("line %d: %s: %s\n", __LINE__, #call, \
			    err_name(got_));                         \
			exit(1);                                     \
		}                                                    \
	} while (0)

#define TRUE(what)                                                    \
	do {                                                          \
		if (!(what)) {                                        \
			printf("line %d: not %s\n", __LINE__, #what); \
			exit(1);                                      \
		}                                                     \
	} while (0)

#define SOON deadline_in(60000) /* whoever waits longer waits for ever */

struct conn {
	struct pcsc *c;
	int32_t card;
	uint32_t active;
};

static void
connect_to(const char *path, enum pcsc_dialect dialect, struct conn *x)
{
	struct wire_connect want =
	    pcsc_want(READER, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1);

	MUST(ERR_OK, pcsc_open(path, dialect, SOON, &x->c));
	MUST(ERR_OK, pcsc_connect(x->c, &want, &x->card, &x->active, SOON));
	TRUE(x->active == SCARD_PROTOCOL_T1);
}

static void
transmit(struct conn *x)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(1024);
	struct pcsc_exchange e = { x->card, x->active, span_str("ABCD") };

	MUST(ERR_OK, pcsc_transmit(x->c, &e, &answer, SOON));
	TRUE(answer.n == 2 && answer.p[0] == 0x90);
}

static void
holds(const char *plain, const char *worker)
{
	struct conn a, b, p;
	uint64_t n = 0;
	uint32_t touched;

	connect_to(worker, PCSC_WORKER, &a);
	connect_to(worker, PCSC_WORKER, &b);
	connect_to(plain, PCSC_PLAIN, &p);
	MUST(ERR_OK, pcsc_hold(a.c, a.card, 0, &touched, SOON));
	TRUE(touched);
	transmit(&a);
	TRUE(!pcsc_wanted(a.c));
	MUST(
	    ERR_TIMEOUT, pcsc_hold(b.c, b.card, 0, &touched, deadline_in(100)));
	TRUE(pcsc_alive(b.c) && pcsc_wanted(a.c));
	MUST(ERR_OK, pcsc_unhold(a.c, a.card, SCARD_LEAVE_CARD, SOON));
	TRUE(!pcsc_wanted(a.c));
	MUST(ERR_OK, pcsc_hold(a.c, a.card, 0, &touched, SOON));
	TRUE(!touched);
	MUST(ERR_OK, pcsc_unhold(a.c, a.card, SCARD_LEAVE_CARD, SOON));
	MUST(ERR_OK, pcsc_hold(b.c, b.card, 0, &touched, SOON));
	MUST(ERR_OK,
	    pcsc_reset(b.c, b.card, SCARD_PROTOCOL_T1, &b.active, SOON));
	transmit(&b);
	MUST(ERR_OK, pcsc_unhold(b.c, b.card, SCARD_LEAVE_CARD, SOON));
	MUST(ERR_OK, pcsc_hold(a.c, a.card, WIRE_HOLD_TAKE, &touched, SOON));
	TRUE(touched);
	MUST(ERR_OK, pcsc_count(a.c, a.card, &n, SOON));
	TRUE(n == 1);
	pcsc_close(&a.c); /* while it holds */
	MUST(ERR_REMOVED, pcsc_begin(p.c, p.card, SOON));
	TRUE(pcsc_rv(p.c) == SCARD_W_RESET_CARD);
	MUST(ERR_OK,
	    pcsc_reset(p.c, p.card, SCARD_PROTOCOL_T1, &p.active, SOON));
	MUST(ERR_OK, pcsc_begin(p.c, p.card, SOON));
	MUST(ERR_TIMEOUT, pcsc_hold(b.c, b.card, 0, &touched, deadline_in(50)));
	transmit(&p);
	MUST(ERR_OK, pcsc_end(p.c, p.card, SCARD_LEAVE_CARD, SOON));
	MUST(ERR_UNSUPPORTED, pcsc_count(p.c, p.card, &n, SOON));
	pcsc_close(&p.c);
	pcsc_close(&b.c);
}

static void
watching(const char *path, enum pcsc_dialect dialect)
{
	static struct wire_reader_state r[PCSC_READERS_MAX];
	struct conn other;
	struct pcsc *c = NULL;
	size_t n = 99;

	MUST(ERR_OK, pcsc_open(path, dialect, SOON, &c));
	connect_to(path, dialect, &other);
	MUST(ERR_OK, pcsc_readers(c, r, PCSC_READERS_MAX, &n, SOON));
	TRUE(n == 1 && strcmp(r[0].reader, READER) == 0);
	TRUE((r[0].state & WIRE_STATE_PRESENT) != 0 && r[0].atr_length == 4);
	MUST(ERR_OK, pcsc_watch(c, r, PCSC_READERS_MAX, &n, SOON));
	MUST(ERR_TIMEOUT, pcsc_wait(c, deadline_in(50)));
	MUST(ERR_OK,
	    pcsc_disconnect(other.c, other.card, SCARD_LEAVE_CARD, SOON));
	MUST(ERR_OK, pcsc_wait(c, SOON));
	MUST(ERR_OK, pcsc_watch(c, r, PCSC_READERS_MAX, &n, SOON));
	MUST(ERR_OK, pcsc_watch_stop(c, SOON));
	MUST(ERR_OK, pcsc_readers(c, r, PCSC_READERS_MAX, &n, SOON));
	pcsc_close(&other.c);
	pcsc_close(&c);
}

static void
old_service(const char *path)
{
	struct wire_connect want =
	    pcsc_want(READER, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1);
	static struct wire_reader_state r[PCSC_READERS_MAX];
	uint64_t until = SOON;
	struct pcsc *c = NULL;
	uint32_t active;
	int32_t card;
	size_t n = 99;

	/* it has just been started: its socket is there before it listens */
	while (pcsc_open(path, PCSC_PLAIN, SOON, &c) != ERR_OK &&
	    deadline_left(until) > 0)
		(void)usleep(10000);
	TRUE(c != NULL);
	MUST(ERR_OK, pcsc_readers(c, r, PCSC_READERS_MAX, &n, SOON));
	TRUE(n == 0);
	MUST(ERR_ABSENT, pcsc_connect(c, &want, &card, &active, SOON));
	TRUE(pcsc_rv(c) == SCARD_E_UNKNOWN_READER);
	MUST(ERR_OK, pcsc_watch(c, r, PCSC_READERS_MAX, &n, SOON));
	MUST(ERR_TIMEOUT, pcsc_wait(c, deadline_in(50)));
	MUST(ERR_OK, pcsc_watch_stop(c, SOON));
	MUST(ERR_OK, pcsc_readers(c, r, PCSC_READERS_MAX, &n, SOON));
	pcsc_close(&c);
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "--old") == 0) {
		old_service(argv[2]);
		return 0;
	}
	holds(argv[1], argv[2]);
	watching(argv[2], PCSC_WORKER);
	watching(argv[1], PCSC_PLAIN);
	return 0;
}
