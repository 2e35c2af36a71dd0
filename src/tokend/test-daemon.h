/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-tokend without its processes: scsd, the workers and the clients are this
 * test, in one thread. turn() lets the loop do what it can.
 */
#ifndef SCS_TOKEND_TEST_DAEMON_H
#define SCS_TOKEND_TEST_DAEMON_H

#include "tokend/tokend.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "ipc/control.h"
#include "test.h"
#include "token/driver.h"
#include "token/token.h"
#include "tokend/memory.h"
#include "tokend/worker-proto.h"

/* long enough for a machine that does something else in between */
#define LONG_MS 60000
#define QUIET_MS 2000
#define REQUEST_MS 5000
#define LEAVE_MS 2000

static struct tokend d;
static int scsd; /* its end of the control channel */
static char dir[64], sock[80];

static inline void
start(void)
{
	int pair[2], s = -1;

	log_init("test", -1, 0);
	d = (struct tokend){ .access = { .auth_uid = (uid_t)-1,
				 .group = (gid_t)-1,
				 .all = true },
		.patience = { .spawn_ms = LONG_MS,
		    .read_ms = LONG_MS,
		    .quiet_ms = QUIET_MS,
		    .request_ms = REQUEST_MS,
		    .leave_ms = LEAVE_MS } };
	(void)snprintf(dir, sizeof(dir), "/tmp/scs-test-tokend-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)chmod(dir, 0755);
	(void)snprintf(sock, sizeof(sock), "%s/s", dir);
	EXPECT_OK(fd_listen_unix(sock, 0666, &s));
	assert_true(sd_event_new(&d.ev) >= 0);
	EXPECT_OK(server_new(d.ev, s, 16, 64, &client_ops, &d, &d.server));
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	d.control = pair[0];
	scsd = pair[1];
}

static inline void
stop(void)
{
	server_free(&d.server);
	while (d.entries != NULL)
		entry_remove(d.entries);
	recalls_forget(&d.recalls);
	d.leave_timer = sd_event_source_disable_unref(d.leave_timer);
	d.ev = sd_event_unref(d.ev);
	fd_close(&d.control);
	fd_close(&scsd);
	(void)unlink(sock);
	assert_int_equal(rmdir(dir), 0);
}

/* Let the loop run for so long. */
static inline void
turn(uint64_t ms)
{
	uint64_t until = deadline_in(ms);

	do {
		while (sd_event_run(d.ev, 0) > 0)
			;
		if (ms > 0)
			(void)poll(NULL, 0, 1);
	} while (clock_ms() < until);
}

/* What scsd hears next; type 0: nothing. */
static inline struct control
heard(void)
{
	struct control c = { 0 };
	int fd = -1;

	turn(0);
	if (control_recv(scsd, &c, &fd, 0) != ERR_OK)
		c = (struct control){ 0 };
	assert_int_equal(fd, -1);
	return c;
}

/* The cookie of the worker that scsd is asked for. */
static inline uint32_t
asked(uint64_t ms)
{
	uint64_t until = deadline_in(ms);
	struct control c;

	do {
		if ((c = heard()).type == CONTROL_SPAWN) {
			assert_int_equal(c.kind, WORKER_TOKEN);
			return c.cookie;
		}
		turn(1);
	} while (clock_ms() < until);
	return 0;
}

static inline bool
killed(uint32_t cookie, uint64_t ms)
{
	uint64_t until = deadline_in(ms);
	struct control c;

	do {
		if ((c = heard()).type == CONTROL_KILL && c.cookie == cookie)
			return true;
		turn(1);
	} while (clock_ms() < until);
	return false;
}

/* A worker's side of its channel. */
struct worker {
	int fd;
	uint32_t cookie;
	uint64_t insertion;
	uint32_t drivers_off;
	char reader[TOKEN_READER_MAX];
	uint8_t memory[MEMORY_BYTES], key[MEMORY_KEY];
	size_t memory_n;
};

/* scsd gives it; it takes WRK_START. */
static inline struct worker
worker_of(uint32_t cookie)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct worker w = { .cookie = cookie };
	struct span body, memory;
	int pair[2];

	assert_int_not_equal(cookie, 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	entry_worker(&d, cookie, pair[0], ERR_OK);
	w.fd = pair[1];
	msg_init(&m, 0);
	EXPECT_OK(msg_recv(w.fd, &m, deadline_in(1000)));
	assert_int_equal(m.type, WRK_START);
	body = buf_span(&m.body);
	EXPECT_OK(span_u64(&body, &w.insertion));
	EXPECT_OK(span_u32(&body, &w.drivers_off));
	EXPECT_OK(msg_get_str(&body, w.reader, sizeof(w.reader)));
	EXPECT_OK(msg_get_bytes(&body, sizeof(w.memory), &memory));
	EXPECT_OK(span_end(body));
	if (memory.n > 0)
		memcpy(w.memory, memory.p, memory.n);
	w.memory_n = memory.n;
	assert_int_equal(m.secret != NULL, memory.n > 0);
	if (m.secret != NULL)
		memcpy(w.key, secret_span(m.secret).p, sizeof(w.key));
	return w;
}

static inline void
say(const struct worker *w, struct msg *m)
{
	EXPECT_OK(msg_send(w->fd, m, deadline_in(1000)));
	turn(0);
}

static inline void
say_alive(const struct worker *w)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, WRK_ALIVE);
	say(w, &m);
}

static inline void
say_token(const struct worker *w, const char *id)
{
	CLEANUP(token_free) struct token *t = NULL;
	CLEANUP(msg_done) struct msg m = { 0 };

	EXPECT_OK(token_new(&t));
	t->insertion = w->insertion;
	(void)snprintf(t->id, sizeof(t->id), "%s", id);
	(void)snprintf(t->reader, sizeof(t->reader), "%s", w->reader);
	(void)snprintf(t->driver, sizeof(t->driver), "%s", driver_id(0));
	msg_init(&m, WRK_TOKEN);
	buf_put_u16(&m.body, ERR_OK);
	token_put(&m.body, t);
	say(w, &m);
}

static inline void
say_failure(const struct worker *w, uint16_t type, err_t e, uint8_t tries)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, type);
	buf_put_u16(&m.body, (uint16_t)e);
	msg_put_str(&m.body, "because");
	if (type == TOK_ANSWER)
		buf_put_u8(&m.body, tries);
	say(w, &m);
}

static inline void
say_ok(const struct worker *w)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, TOK_ANSWER);
	buf_put_u16(&m.body, ERR_OK);
	say(w, &m);
}

/* What it wants remembered; with no key, nonsense. */
static inline void
say_memory(const struct worker *w, const char *bytes, const char *key)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, WRK_MEMORY);
	msg_put_bytes(&m.body, span_str(bytes));
	if (key != NULL)
		EXPECT_OK(secret_from(span_str(key), &m.secret));
	say(w, &m);
}

/* The request that came to the worker: its type, 0: none. */
static inline uint16_t
request(const struct worker *w, uint8_t *puk_tries)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	turn(0);
	msg_init(&m, 0);
	if (msg_recv(w->fd, &m, deadline_in(20)) != ERR_OK)
		return 0;
	assert_true(m.body.n > ASK_PUK_AT);
	if (puk_tries != NULL)
		*puk_tries = m.body.p[ASK_PUK_AT];
	return m.type;
}

static inline bool
over(const struct worker *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	char byte;

	turn(0);
	return poll(&p, 1, 0) > 0 && recv(w->fd, &byte, 1, MSG_PEEK) == 0;
}

/* A card in this reader that is read and listed. */
static inline struct worker
card(const char *reader, const char *id)
{
	struct worker w;

	entry_add(&d, reader, 1);
	w = worker_of(asked(LONG_MS));
	say_token(&w, id);
	assert_true(entry_listed(entry_find(&d, reader)));
	return w;
}

/* A client, and what it hears: err, ERR_COUNT_ for nothing. */
static inline int
client(void)
{
	int fd = -1;

	EXPECT_OK(fd_connect_unix(sock, &fd));
	turn(0);
	return fd;
}

static inline void
ask(int fd, uint16_t type, uint64_t insertion, const char *secret)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, type);
	if (type != TOK_LIST && type != TOK_WATCH && type != TOK_SETTLED)
		buf_put_u64(&m.body, insertion);
	if (secret != NULL)
		EXPECT_OK(secret_from(span_str(secret), &m.secret));
	EXPECT_OK(msg_send(fd, &m, deadline_in(1000)));
	turn(0);
}

static inline uint16_t
hear(int fd, err_t *e)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct span body;
	uint16_t code;

	turn(0);
	*e = ERR_COUNT_;
	msg_init(&m, 0);
	if (msg_recv(fd, &m, deadline_in(20)) != ERR_OK)
		return 0;
	body = buf_span(&m.body);
	if (m.type == TOK_ANSWER) {
		EXPECT_OK(span_u16(&body, &code));
		*e = (err_t)code;
	}
	return m.type;
}

#endif
