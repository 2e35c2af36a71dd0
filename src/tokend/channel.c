/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The channel to a worker (worker-proto.h): requests go out one at a time, what
 * comes back is checked and passed on. Nothing in it is trusted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "token/driver.h"
#include "token/token.h"
#include "tokend/memory.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

#define READ_CHUNK 8192
#define OUT_MAX (MSG_BODY_MAX + MSG_HEADER + MSG_SECRET_MAX)

static void
pending_free(struct pending **p)
{
	msg_done(&(*p)->msg);
	free(*p);
	*p = NULL;
}

/* A PUK that is with the worker counts as presented. */
static void
note_puk(struct entry *e)
{
	if (e->queue != NULL && e->queue->type == TOK_UNBLOCK)
		puks_no_answer(&e->d->puks, e->id);
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
	if (e->queue->msg.body.n > ASK_PUK_AT)
		e->queue->msg.body.p[ASK_PUK_AT] =
		    puks_tries(&e->d->puks, e->id);
	if ((err = msg_build(&e->queue->msg, &e->out)))
		return err;
	patience_begin(e, e->d->patience.quiet_ms, e->d->patience.request_ms);
	msg_done(&e->queue->msg);
	msg_init(&e->queue->msg, 0);
	return flush(e);
}

/* A driver that there is, and that is turned on. */
static bool
driver_on(const struct entry *e)
{
	for (size_t i = 0; i < driver_count(); i++) {
		if (strcmp(driver_id(i), e->driver) == 0)
			return (e->d->drivers_off & 1u << i) == 0;
	}
	return false;
}

/* It must be the card we asked about, in the reader we named, by a driver that
 * may, and no more. */
static err_t
check_report(struct entry *e, struct span token, struct span *atr)
{
	char reader[TOKEN_READER_MAX];
	struct span all = token, whole;
	uint64_t insertion;
	err_t err;

	if ((err = token_check(&all, &whole, &insertion)) ||
	    (err = span_end(all)) || (err = span_u64(&token, &insertion)) ||
	    (err = msg_get_str(&token, e->id, sizeof(e->id))) ||
	    (err = msg_get_str(&token, reader, sizeof(reader))) ||
	    (err = msg_get_str(&token, e->driver, sizeof(e->driver))) ||
	    (err = msg_get_bytes(&token, TOKEN_ATR_MAX, atr)))
		return err;
	if (insertion != e->insertion || strcmp(reader, e->reader) != 0 ||
	    !driver_on(e))
		return ERR_FORMAT;
	return ERR_OK;
}

/* What was refused before it is now known to be the same card. */
static err_t
send_memory(struct entry *e)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t err;

	msg_init(&m, WRK_MEMORY);
	msg_put_bytes(&m.body, buf_span(&e->recall.bytes));
	if ((err = secret_from(secret_span(e->recall.key), &m.secret)) ||
	    (err = msg_build(&m, &e->out)))
		return err;
	log_notice("reader \"%s\": the same card as before: what it refused is "
		   "not sent again",
	    e->reader);
	return flush(e);
}

static err_t
on_report(struct entry *e, const struct msg *m)
{
	char reason[WHY_MAX] = "";
	struct span body = buf_span(&m->body), atr = SPAN_NONE;
	uint16_t code;
	err_t err;

	if (m->type != WRK_TOKEN || m->secret != NULL)
		return ERR_FORMAT;
	if ((err = span_u16(&body, &code)))
		return err;
	if (code == ERR_OK) {
		if ((err = check_report(e, body, &atr)) ||
		    (recall_card(&e->recall, e->id, atr) &&
			(err = send_memory(e))))
			return err;
		buf_put(&e->token, body);
		if ((err = buf_status(&e->token)))
			return err;
		e->ready_ms = clock_ms();
		patience_end(e);
		log_notice("reader \"%s\": card ready", e->reader);
		clients_changed(e->d);
		return ERR_OK;
	}
	if ((err = msg_get_str(&body, reason, sizeof(reason))) ||
	    (err = span_end(body)))
		return err;
	log_notice("reader \"%s\": %s", e->reader, reason);
	err = err_from_wire(code);
	return err == ERR_ABSENT || err == ERR_BUSY ? err : ERR_IO;
}

/* It has nothing to say but that it still waits for the card. */
static err_t
on_alive(struct entry *e, const struct msg *m)
{
	if (m->body.n != 0 || m->secret != NULL)
		return ERR_FORMAT;
	patience_word(e);
	return ERR_OK;
}

/* What the card has refused: kept as it is, for its next worker. */
static err_t
on_memory(struct entry *e, struct msg *m)
{
	struct span body = buf_span(&m->body), bytes;
	err_t err;

	if (m->secret == NULL)
		return ERR_FORMAT;
	if ((err = msg_get_bytes(&body, MEMORY_BYTES, &bytes)) ||
	    (err = span_end(body)))
		return err;
	return recall_set(&e->recall, bytes, TAKE(m->secret));
}

static err_t
on_answer(struct entry *e, const struct msg *m)
{
	struct pending *p = e->queue;

	if (m->type != TOK_ANSWER || m->secret != NULL || p == NULL)
		return ERR_FORMAT;
	if (p->type == TOK_UNBLOCK)
		puks_answer(&e->d->puks, e->id, buf_span(&m->body));
	e->queue = p->next;
	patience_end(e);
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
		err = m.type == WRK_ALIVE  ? on_alive(e, &m)
		    : m.type == WRK_MEMORY ? on_memory(e, &m)
		    : entry_listed(e)      ? on_answer(e, &m)
					   : on_report(e, &m);
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
	if (err != ERR_OK)
		entry_channel_over(e, err);
	return 0;
}

err_t
channel_open(struct entry *e, int fd)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	bool known;
	err_t err;

	e->fd = fd;
	buf_init(&e->in, OUT_MAX + READ_CHUNK);
	buf_init(&e->out, 2 * OUT_MAX);
	buf_init(&e->token, MSG_BODY_MAX);
	if (sd_event_add_io(e->d->ev, &e->io, e->fd, EPOLLIN, on_io, e) < 0)
		return ERR_NOMEM;
	msg_init(&m, WRK_START);
	buf_put_u64(&m.body, e->insertion);
	buf_put_u32(&m.body, e->d->drivers_off);
	msg_put_str(&m.body, e->reader);
	/* the card that is in has not been read, and may be another one */
	known = e->recall.proven && e->recall.key != NULL;
	msg_put_bytes(&m.body, known ? buf_span(&e->recall.bytes) : SPAN_NONE);
	if (known && (err = secret_from(secret_span(e->recall.key), &m.secret)))
		return err;
	if ((err = msg_build(&m, &e->out)))
		return err;
	return flush(e);
}

void
channel_close(struct entry *e)
{
	e->io = sd_event_source_disable_unref(e->io);
	fd_close(&e->fd);
	note_puk(e);
	buf_done(&e->in);
	buf_done(&e->out);
	buf_done(&e->token);
	e->id[0] = e->driver[0] = '\0';
	fail_queue(e);
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
	p->type = m->type;
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
	buf_put_u8(&m.body, TOKEN_TRIES_UNKNOWN);
	buf_put_u64(&m.body, e->insertion);
	/* a session that cannot be ended must not go on: end its worker */
	if (entry_request(e, NULL, &m) != ERR_OK && e->fd >= 0)
		(void)shutdown(e->fd, SHUT_RDWR);
}
