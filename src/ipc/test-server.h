/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server on a real loop with real clients, all in this one thread: turn()
 * lets the loop do what it can, then the clients look at what they got.
 */
#ifndef SCS_IPC_TEST_SERVER_H
#define SCS_IPC_TEST_SERVER_H

#include "ipc/server.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "fault.h"
#include "test.h"

enum {
	ANSWER,
	LATER,
	REFUSE
};

static struct {
	sd_event *ev;
	struct server *server;
	struct conn *last; /* of the request in work */
	char dir[40], path[64];
	unsigned int opened, closed, requests;
	unsigned int of_type[8];
	int mode;
	err_t on_open;
} w;

static inline err_t
reply(struct conn *c, uint16_t type)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, type);
	return conn_reply(c, &m);
}

static inline err_t
on_opened(struct conn *c, void *ctx, void **user)
{
	(void)c;
	assert_ptr_equal(ctx, &w);
	*user = &w.opened;
	w.opened++;
	return w.on_open;
}

static inline err_t
on_request(struct conn *c, void *user, struct msg *m)
{
	assert_ptr_equal(user, &w.opened);
	w.requests++;
	w.of_type[m->type % 8]++;
	w.last = c;
	if (w.mode == REFUSE)
		return ERR_DENIED;
	return w.mode == ANSWER ? reply(c, m->type) : ERR_OK;
}

/* Does everything that would be wrong with memory if it were looked after. */
static inline void
on_closed(struct conn *c, void *user)
{
	assert_ptr_equal(user, &w.opened);
	w.closed++;
	w.last = NULL;
	(void)reply(c, 1);
	conn_close(c);
}

static const struct server_ops ops = { on_opened, on_request, on_closed };

static inline void
start(unsigned int max_uid, unsigned int max_all)
{
	int s = -1;

	memset(&w, 0, sizeof(w));
	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/scs-test-server-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	(void)chmod(w.dir, 0755);
	(void)snprintf(w.path, sizeof(w.path), "%s/s", w.dir);
	EXPECT_OK(fd_listen_unix(w.path, 0666, &s));
	assert_true(sd_event_new(&w.ev) >= 0);
	EXPECT_OK(server_new(w.ev, s, max_uid, max_all, &ops, &w, &w.server));
}

static inline void
stop(void)
{
	server_free(&w.server);
	assert_null(w.server);
	w.ev = sd_event_unref(w.ev);
	(void)unlink(w.path);
	assert_int_equal(rmdir(w.dir), 0);
}

/* Run the loop until it has nothing to do; how many turns that took. */
static inline unsigned int
turn(void)
{
	unsigned int n = 0;

	while (n < 100000 && sd_event_run(w.ev, 0) > 0)
		n++;
	return n;
}

static inline int
client(void)
{
	int fd = -1;

	EXPECT_OK(fd_connect_unix(w.path, &fd));
	(void)turn();
	return fd;
}

static inline void
ask(int fd, uint16_t type, size_t body)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, type);
	(void)buf_grow(&m.body, body);
	EXPECT_OK(msg_send(fd, &m, deadline_in(1000)));
}

/* `n` requests in one write: as separate ones they would not all be queued. */
static inline void
ask_many(int fd, uint16_t n, bool same)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(100000);

	for (uint16_t i = 0; i < n; i++) {
		CLEANUP(msg_done) struct msg m;

		msg_init(&m, same ? 1 : i);
		EXPECT_OK(msg_build(&m, &b));
	}
	EXPECT_OK(fd_write_all(fd, buf_span(&b), deadline_in(1000)));
}

static inline err_t
answer(int fd, uint16_t want)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t e;

	(void)turn();
	if ((e = msg_recv(fd, &m, deadline_in(20))) == ERR_OK)
		assert_int_equal(m.type, want);
	return e;
}

static unsigned int told;

static inline void
tell(struct conn *c, void *user, void *ctx)
{
	CLEANUP(msg_done) struct msg m;

	assert_ptr_equal(user, &w.opened);
	msg_init(&m, 7);
	(void)buf_grow(&m.body, *(size_t *)ctx);
	if (conn_event(c, &m) == ERR_OK)
		told++;
}

#endif
