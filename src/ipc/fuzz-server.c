/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client says anything, in pieces of any size: the first byte of the input is
 * the size of a piece, the rest is what it says. Every request is answered at
 * once or, for odd types, when the client has said all. Then it leaves.
 */
#include "ipc/server.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"

static struct {
	sd_event *ev;
	struct server *server;
	struct conn *waiting;
	char dir[40], path[64];
	unsigned int opened, closed, requests, answers;
} w;

static void
answer(struct conn *c)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, 0x80);
	w.waiting = NULL;
	if (conn_reply(c, &m) == ERR_OK)
		w.answers++;
}

static err_t
on_opened(struct conn *c UNUSED, void *ctx UNUSED, void **user UNUSED)
{
	w.opened++;
	return ERR_OK;
}

static err_t
on_request(struct conn *c, void *user UNUSED, struct msg *m)
{
	FUZZ_PROMISE(w.waiting == NULL);
	FUZZ_PROMISE(m->body.n <= MSG_BODY_MAX);
	FUZZ_PROMISE(secret_len(m->secret) <= MSG_SECRET_MAX);
	w.requests++;
	w.waiting = c;
	if (m->type % 2 == 0)
		answer(c);
	return ERR_OK;
}

static void
on_closed(struct conn *c, void *user UNUSED)
{
	FUZZ_PROMISE(w.waiting == NULL || w.waiting == c);
	w.waiting = NULL;
	w.closed++;
}

static void
clean_up(void)
{
	server_free(&w.server);
	sd_event_unref(w.ev);
	(void)unlink(w.path);
	(void)rmdir(w.dir);
}

static void
start(void)
{
	static const struct server_ops ops = { on_opened, on_request,
		on_closed };
	int s = -1;

	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/scs-fuzz-server-XXXXXX");
	FUZZ_PROMISE(mkdtemp(w.dir) != NULL);
	(void)snprintf(w.path, sizeof(w.path), "%s/s", w.dir);
	FUZZ_PROMISE(fd_listen_unix(w.path, 0600, &s) == ERR_OK);
	FUZZ_PROMISE(sd_event_new(&w.ev) >= 0);
	FUZZ_PROMISE(
	    server_new(w.ev, s, 2, 2, &ops, NULL, &w.server) == ERR_OK);
	(void)atexit(clean_up);
}

/* Every turn does something, and there is an end to it. */
static void
turn(size_t n)
{
	size_t turns = 0;

	while (sd_event_run(w.ev, 0) > 0)
		FUZZ_PROMISE(turns++ < 100 + 4 * n);
}

static void
say(int fd, struct span what, size_t piece)
{
	while (what.n > 0) {
		struct span s = span_first(what, piece);

		if (send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		what.p += s.n;
		what.n -= s.n;
		turn(s.n);
	}
}

void
fuzz_one(struct span in)
{
	uint8_t piece;
	int fd = -1;

	if (w.server == NULL)
		start();
	if (span_u8(&in, &piece) != ERR_OK)
		return;
	w.opened = w.closed = w.requests = w.answers = 0;
	FUZZ_PROMISE(fd_connect_unix(w.path, &fd) == ERR_OK);
	turn(1);
	say(fd, in, piece == 0 ? 4096 : piece);
	if (w.waiting != NULL)
		answer(w.waiting);
	turn(in.n);
	fd_close(&fd);
	turn(1);
	FUZZ_PROMISE(w.opened == 1 && w.closed == 1);
	FUZZ_PROMISE(w.requests <= in.n / MSG_HEADER);
	FUZZ_PROMISE(w.answers <= w.requests);
	FUZZ_PROMISE(w.waiting == NULL);
}
