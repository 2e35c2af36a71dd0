/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client says to scs-tokend: any bytes, with a card in that has a worker.
 * The worker is here, and answers each request.
 *
 * Promise: what reaches it is a request that this client may make, with the
 * session and the rights in front that are the client's, whatever he says.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "fuzz.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

static struct {
	struct tokend d;
	char dir[40], path[64];
} w;

static void
clean_up(void)
{
	server_free(&w.d.server);
	w.d.ev = sd_event_unref(w.d.ev);
	(void)unlink(w.path);
	(void)rmdir(w.dir);
}

static void
start(void)
{
	int s = -1;

	log_init("fuzz", -1, 0);
	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/scs-fuzz-client-XXXXXX");
	FUZZ_PROMISE(mkdtemp(w.dir) != NULL);
	(void)snprintf(w.path, sizeof(w.path), "%s/s", w.dir);
	w.d = (struct tokend){ .control = -1,
		.reader_path = "/nonexistent",
		.access = { .auth_uid = (uid_t)-1,
		    .group = (gid_t)-1,
		    .all = true },
		.patience = patience_default };
	FUZZ_PROMISE(fd_listen_unix(w.path, 0600, &s) == ERR_OK);
	FUZZ_PROMISE(sd_event_new(&w.d.ev) >= 0);
	FUZZ_PROMISE(server_new(w.d.ev, s, 2, 2, &client_ops, &w.d,
			 &w.d.server) == ERR_OK);
	(void)atexit(clean_up);
}

static void
turn(void)
{
	while (sd_event_run(w.d.ev, 0) > 0)
		;
}

/* A listed card of insertion 1; the worker's end of its channel. */
static int
card(void)
{
	CLEANUP(msg_done) struct msg hello = { 0 };
	struct entry *e;
	int pair[2];

	w.d.last_insertion = 0;
	w.d.paces = (struct paces){ 0 };
	entry_add(&w.d, "Reader 00", 1);
	FUZZ_PROMISE((e = entry_find(&w.d, "Reader 00")) != NULL);
	e->cookie = 1;
	FUZZ_PROMISE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	entry_worker(&w.d, 1, pair[0], ERR_OK);
	buf_put(&e->token, span_str("listed"));
	msg_init(&hello, 0);
	FUZZ_PROMISE(msg_recv(pair[1], &hello, deadline_in(1000)) == ERR_OK);
	FUZZ_PROMISE(hello.type == WRK_START);
	return pair[1];
}

static void
check(const struct msg *m)
{
	struct span body = buf_span(&m->body);
	uint64_t session, insertion;
	uint8_t rights, tries;

	FUZZ_PROMISE(m->type >= TOK_TRIES && m->type <= TOK_UNBLOCK);
	FUZZ_PROMISE(span_u64(&body, &session) == ERR_OK);
	FUZZ_PROMISE(session == w.d.last_session);
	FUZZ_PROMISE(span_u8(&body, &rights) == ERR_OK);
	FUZZ_PROMISE((rights & ASK_LOGIN) == 0);
	FUZZ_PROMISE(span_u8(&body, &tries) == ERR_OK);
	FUZZ_PROMISE(span_u64(&body, &insertion) == ERR_OK);
	FUZZ_PROMISE(insertion == 1);
}

static void
serve(int worker)
{
	for (;;) {
		CLEANUP(msg_done) struct msg m = { 0 }, answer = { 0 };

		turn();
		msg_init(&m, 0);
		msg_init(&answer, TOK_ANSWER);
		if (msg_recv(worker, &m, 0) != ERR_OK)
			return;
		check(&m);
		buf_put_u16(&answer.body, ERR_OK);
		FUZZ_PROMISE(
		    msg_send(worker, &answer, deadline_in(1000)) == ERR_OK);
	}
}

void
fuzz_one(struct span in)
{
	int client = -1, worker;

	if (w.d.server == NULL)
		start();
	worker = card();
	FUZZ_PROMISE(fd_connect_unix(w.path, &client) == ERR_OK);
	turn();
	while (in.n > 0) {
		struct span s = span_first(in, 4096);

		if (send(client, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		in.p += s.n;
		in.n -= s.n;
		serve(worker);
	}
	fd_close(&client);
	serve(worker);
	FUZZ_PROMISE(w.d.entries != NULL && w.d.entries->queue == NULL);
	entry_remove(w.d.entries);
	fd_close(&worker);
	turn();
}
