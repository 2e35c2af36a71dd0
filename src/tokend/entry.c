/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card and its worker: asked for when the card goes in, listed once the
 * worker has read it, given one request at a time, closed when the card is out.
 * What a worker says is checked; a worker that dies or talks nonsense is
 * replaced, after a pause that grows. A card whose workers never get ready is
 * left alone after the third, until it is inserted again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "token/token.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MAX_MS 10000
#define CALM_MS 10000 /* ready for so long: the next pause is short again */
#define UNREADY_MAX 3 /* workers in a row that never got ready */
#define READ_CHUNK 8192
#define OUT_MAX (MSG_BODY_MAX + MSG_HEADER + MSG_SECRET_MAX)

static void worker_failed(struct entry *e, const char *what);

bool
entry_listed(const struct entry *e)
{
	return e->token.n > 0;
}

struct entry *
entry_find(struct tokend *d, const char *reader)
{
	struct entry *e = d->entries;

	while (e != NULL && strcmp(e->reader, reader) != 0)
		e = e->next;
	return e;
}

struct entry *
entry_by_insertion(struct tokend *d, uint64_t insertion)
{
	struct entry *e = d->entries;

	while (e != NULL && (e->insertion != insertion || !entry_listed(e)))
		e = e->next;
	return e;
}

static struct entry *
by_cookie(struct tokend *d, uint32_t cookie)
{
	struct entry *e = d->entries;

	while (e != NULL && (cookie == 0 || e->cookie != cookie))
		e = e->next;
	return e;
}

static void
pending_free(struct pending **p)
{
	msg_done(&(*p)->msg);
	free(*p);
	*p = NULL;
}

/* Everybody who still waits hears that this card cannot be used any more. */
static void
fail_queue(struct entry *e)
{
	struct why why = { 0 };
	struct pending *p;

	(void)why_add(&why, ERR_REMOVED,
	    "the card in \"%s\" is gone or its "
	    "worker has ended",
	    e->reader);
	while ((p = e->queue) != NULL) {
		e->queue = p->next;
		if (p->client != NULL)
			client_answer(p->client, ERR_REMOVED, &why);
		pending_free(&p);
	}
}

/* Without a worker there is no token: take it from the list. */
static void
drop_worker(struct entry *e)
{
	bool was_listed = entry_listed(e);

	e->io = sd_event_source_disable_unref(e->io);
	fd_close(&e->fd);
	buf_done(&e->in);
	buf_done(&e->out);
	buf_done(&e->token);
	e->cookie = 0;
	e->ready_ms = 0;
	fail_queue(e);
	if (was_listed)
		clients_changed(e->d);
}

static void
start_worker(struct entry *e)
{
	struct tokend *d = e->d;

	e->insertion = ++d->last_insertion;
	if (++d->last_cookie == 0)
		++d->last_cookie;
	e->cookie = d->last_cookie;
	spawn_worker(d, e->cookie);
}

static int
on_retry(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct entry *e = data;

	e->retry = sd_event_source_disable_unref(e->retry);
	start_worker(e);
	return 0;
}

/* How long to wait for the next worker. A kill of a working one is no reason to
 * give a card up; a card that no worker can read is. */
static uint64_t
next_pause(struct entry *e)
{
	uint64_t ms = e->backoff_ms;

	if (ms == 0 ||
	    (e->ready_ms != 0 && clock_ms() - e->ready_ms >= CALM_MS))
		ms = BACKOFF_FIRST_MS;
	e->backoff_ms = ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ms * 2;
	return ms;
}

static void
worker_failed(struct entry *e, const char *what)
{
	uint64_t ms = next_pause(e);

	e->unready = e->ready_ms != 0 ? 0 : e->unready + 1;
	drop_worker(e);
	if (e->unready >= UNREADY_MAX) {
		log_err("reader \"%s\": %s, %d times in a row: the card is not "
			"used until it is taken out and put in",
		    e->reader, what, UNREADY_MAX);
		return;
	}
	log_warning("reader \"%s\": %s: the next one starts in %lu ms",
	    e->reader, what, (unsigned long)ms);
	if (sd_event_add_time_relative(e->d->ev, &e->retry, CLOCK_MONOTONIC,
		ms * 1000, 0, on_retry, e) < 0)
		log_err("reader \"%s\": no memory for it", e->reader);
}

static void
wait_for(struct entry *e)
{
	uint32_t want = EPOLLIN | (e->out.n > 0 ? EPOLLOUT : 0u);

	(void)sd_event_source_set_io_events(e->io, want);
}

static err_t
flush(struct entry *e)
{
	ssize_t r;

	while (e->out.n > 0) {
		r = send(
		    e->fd, e->out.p, e->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			break;
		if (r < 0)
			return ERR_REMOVED;
		buf_drop(&e->out, (size_t)r);
	}
	wait_for(e);
	return ERR_OK;
}

/* The first of the queue goes out; its secret is forgotten here. */
static err_t
send_next(struct entry *e)
{
	uint64_t *login;
	err_t err;

	if (e->queue == NULL)
		return ERR_OK;
	if (e->queue->client != NULL && e->queue->msg.type == TOK_LOGIN) {
		login = client_login(e->queue->client, e->insertion);
		if (login == NULL)
			return ERR_LIMIT;
		*login = e->insertion;
	}
	if ((err = msg_build(&e->queue->msg, &e->out)))
		return err;
	msg_done(&e->queue->msg);
	msg_init(&e->queue->msg, 0);
	return flush(e);
}

/* It must be the card we asked about, in the reader we named, and no more. */
static err_t
check_report(const struct entry *e, struct span token)
{
	char id[TOKEN_ID_MAX], reader[TOKEN_READER_MAX];
	struct span all = token, whole;
	uint64_t insertion;
	err_t err;

	if ((err = token_check(&all, &whole, &insertion)) ||
	    (err = span_end(all)) || (err = span_u64(&token, &insertion)) ||
	    (err = msg_get_str(&token, id, sizeof(id))) ||
	    (err = msg_get_str(&token, reader, sizeof(reader))))
		return err;
	if (insertion != e->insertion || strcmp(reader, e->reader) != 0)
		return ERR_FORMAT;
	return ERR_OK;
}

static err_t
on_report(struct entry *e, const struct msg *m)
{
	char reason[WHY_MAX] = "";
	struct span body = buf_span(&m->body);
	uint16_t code;
	err_t err;

	if (m->type != WRK_TOKEN || m->secret != NULL)
		return ERR_FORMAT;
	if ((err = span_u16(&body, &code)))
		return err;
	if (code == ERR_OK) {
		if ((err = check_report(e, body)))
			return err;
		buf_put(&e->token, body);
		if ((err = buf_status(&e->token)))
			return err;
		e->ready_ms = clock_ms();
		log_notice("reader \"%s\": card ready", e->reader);
		clients_changed(e->d);
		return ERR_OK;
	}
	if ((err = msg_get_str(&body, reason, sizeof(reason))) ||
	    (err = span_end(body)))
		return err;
	log_notice("reader \"%s\": %s", e->reader, reason);
	if (err_from_wire(code) != ERR_ABSENT)
		return ERR_IO;
	/* a card that no driver knows is nobody's fault: leave it in peace */
	drop_worker(e);
	return ERR_OK;
}

static err_t
on_answer(struct entry *e, const struct msg *m)
{
	struct pending *p = e->queue;

	if (m->type != TOK_ANSWER || m->secret != NULL || p == NULL)
		return ERR_FORMAT;
	e->queue = p->next;
	if (p->client != NULL)
		client_relay(p->client, m);
	pending_free(&p);
	return send_next(e);
}

static err_t
take_frames(struct entry *e)
{
	size_t used, need;
	err_t err;

	while (e->fd >= 0 && e->in.n > 0) {
		CLEANUP(msg_done) struct msg m = { 0 };

		msg_init(&m, 0);
		err = msg_parse(buf_span(&e->in), &m, &used, &need);
		if (err == ERR_SHORT)
			return ERR_OK;
		if (err != ERR_OK)
			return err;
		buf_drop(&e->in, used);
		err = entry_listed(e) ? on_answer(e, &m) : on_report(e, &m);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

static err_t
receive(struct entry *e)
{
	uint8_t chunk[READ_CHUNK];
	ssize_t r = recv(e->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return ERR_OK;
	if (r <= 0)
		return ERR_REMOVED;
	buf_put(&e->in, span_from(chunk, (size_t)r));
	explicit_bzero(chunk, (size_t)r);
	if (buf_status(&e->in) != ERR_OK)
		return ERR_LIMIT;
	return take_frames(e);
}

static int
on_io(sd_event_source *src UNUSED, int fd UNUSED, uint32_t ev, void *data)
{
	struct entry *e = data;
	err_t err = ERR_OK;

	if ((ev & EPOLLOUT) != 0)
		err = flush(e);
	if (err == ERR_OK && (ev & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		err = receive(e);
	if (err == ERR_REMOVED)
		worker_failed(e, "its worker has ended");
	else if (err != ERR_OK)
		worker_failed(e, "its worker could not read the card");
	return 0;
}

static err_t
begin(struct entry *e)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t err;

	buf_init(&e->in, OUT_MAX + READ_CHUNK);
	buf_init(&e->out, 2 * OUT_MAX);
	buf_init(&e->token, MSG_BODY_MAX);
	if (sd_event_add_io(e->d->ev, &e->io, e->fd, EPOLLIN, on_io, e) < 0)
		return ERR_NOMEM;
	msg_init(&m, WRK_START);
	buf_put_u64(&m.body, e->insertion);
	msg_put_str(&m.body, e->reader);
	if ((err = msg_build(&m, &e->out)))
		return err;
	return flush(e);
}

void
entry_worker(struct tokend *d, uint32_t cookie, int fd, err_t err)
{
	CLOSE_FD int owned = fd;
	struct entry *e = by_cookie(d, cookie);

	/* the card may have left meanwhile: then the worker ends by itself */
	if (e == NULL || e->fd >= 0)
		return;
	if (err != ERR_OK || owned < 0) {
		worker_failed(e, "no worker could be started");
		return;
	}
	e->fd = fd_take(&owned);
	if (begin(e) != ERR_OK)
		worker_failed(e, "its worker could not be spoken to");
}

void
entry_worker_gone(struct tokend *d, uint32_t cookie)
{
	struct entry *e = by_cookie(d, cookie);

	if (e == NULL)
		return;
	/* what it still said is read first; then its channel ends */
	if (e->fd < 0)
		worker_failed(e, "its worker has ended");
}

void
entry_add(struct tokend *d, const char *reader, uint32_t events)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		log_err("reader \"%s\": no memory for it", reader);
		return;
	}
	*e = (struct entry){
		.next = d->entries, .d = d, .events = events, .fd = -1
	};
	(void)snprintf(e->reader, sizeof(e->reader), "%s", reader);
	d->entries = e;
	start_worker(e);
}

void
entry_remove(struct entry *e)
{
	struct entry **at = &e->d->entries;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->retry = sd_event_source_disable_unref(e->retry);
	drop_worker(e);
	free(e);
}

err_t
entry_request(struct entry *e, struct client *from, struct msg *m)
{
	struct pending **at = &e->queue;
	struct pending *p;

	if (e->fd < 0)
		return ERR_REMOVED;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ERR_NOMEM;
	p->client = from;
	p->msg = *m;
	msg_init(m, 0);
	while (*at != NULL)
		at = &(*at)->next;
	*at = p;
	if (e->queue != p)
		return ERR_OK;
	/* a worker that cannot be written to ends, and answers then */
	if (send_next(e) != ERR_OK)
		(void)shutdown(e->fd, SHUT_RDWR);
	return ERR_OK;
}

/* The first is with the worker already; the others have not been sent. */
static void
drop_requests(struct entry *e, const struct client *c)
{
	struct pending **at, *p;

	if (e->queue == NULL)
		return;
	if (e->queue->client == c)
		e->queue->client = NULL;
	for (at = &e->queue->next; (p = *at) != NULL;) {
		if (p->client != c) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		pending_free(&p);
	}
}

static bool
has_login(struct client *c, const struct entry *e)
{
	const uint64_t *login = client_login(c, e->insertion);

	return entry_listed(e) && login != NULL && *login == e->insertion;
}

void
entry_forget_client(struct entry *e, struct client *c)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	drop_requests(e, c);
	if (!has_login(c, e))
		return;
	msg_init(&m, TOK_LOGOUT);
	buf_put_u64(&m.body, c->session);
	buf_put_u8(&m.body, 0);
	buf_put_u64(&m.body, e->insertion);
	/* a session that cannot be ended must not go on: end its worker */
	if (entry_request(e, NULL, &m) != ERR_OK && e->fd >= 0)
		(void)shutdown(e->fd, SHUT_RDWR);
}
