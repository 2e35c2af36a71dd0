/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker says to scs-tokend: any bytes at all, before and after it has
 * reported a token, with a request in work.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "fuzz.h"
#include "token/token.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

static struct tokend d;

static void
setup(void)
{
	log_init("fuzz", -1, 0);
	d = (struct tokend){ .control = -1,
		.reader_path = "/nonexistent",
		.patience = patience_default };
	FUZZ_PROMISE(sd_event_new(&d.ev) >= 0);
}

static void
turn(void)
{
	while (sd_event_run(d.ev, 0) > 0)
		;
}

/* The worker of a card whose insertion is 1, and an UNBLOCK in its work. */
static void
request(struct entry *e)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, TOK_UNBLOCK);
	buf_put_u64(&m.body, 1);
	buf_put_u16(&m.body, 0xff);
	FUZZ_PROMISE(entry_request(e, NULL, &m) == ERR_OK);
}

/* A card goes in, its worker says this, and the card is out of sight. */
static void
one_card(struct span in, uint32_t events)
{
	struct entry *e;
	int pair[2];

	d.last_insertion = 0;
	d.paces = (struct paces){ 0 };
	entry_add(&d, "Reader 00", events);
	/* scsd's answer comes late: here, after the failure to start one */
	FUZZ_PROMISE((e = entry_find(&d, "Reader 00")) != NULL);
	e->cookie = 1;
	FUZZ_PROMISE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	entry_worker(&d, 1, pair[0], ERR_OK);
	if (in.n > 0 && in.p[0] == 1) {
		buf_put(&e->token, span_str("listed"));
		request(e);
	}
	/* what does not fit into the socket is cut off */
	if (in.n > 1 &&
	    fd_write_all(pair[1], span_from(in.p + 1, in.n - 1), 0) != ERR_OK)
		(void)shutdown(pair[1], SHUT_WR);
	turn();
	if (entry_listed(e) && in.n > 0 && in.p[0] != 1) {
		struct span all = buf_span(&e->token), whole;
		uint64_t insertion;

		FUZZ_PROMISE(token_check(&all, &whole, &insertion) == ERR_OK);
		FUZZ_PROMISE(insertion == e->insertion);
	}
	fd_close(&pair[1]);
	turn();
	entry_remove(e);
}

void
fuzz_one(struct span in)
{
	if (d.ev == NULL)
		setup();
	one_card(in, 1);
	/* as after its driver's death: what was kept may be of the next one */
	if (in.n > 0 && in.p[0] == 2)
		one_card(in, 2);
	recalls_forget(&d.recalls);
}
