/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/link.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/token-proto.h"

#define EVENT_MS 2000 /* for the rest of a frame that has begun */
#define EVENTS_A_CALL 64 /* one says it all; the rest stays readable */
#define REASON_MAX 512

void
link_answer_done(struct link_answer *a)
{
	msg_done(&a->m);
}

static err_t
usable(struct scs *s)
{
	s->why = (struct why){ 0 };
	if (s->pid != getpid())
		return why_add(&s->why, ERR_SERVICE,
		    "this connection is another process's: a child opens its "
		    "own");
	if (s->fd < 0)
		return why_add(&s->why, ERR_SERVICE,
		    "the connection to the token service was lost: open it "
		    "again");
	return ERR_OK;
}

/* After this nothing on the stream can be trusted to be the next answer. */
static err_t
lost(struct scs *s, err_t e)
{
	fd_close(&s->fd);
	switch ((int)e) {
	case ERR_NOMEM:
		return e;
	case ERR_TIMEOUT:
		return why_add(
		    &s->why, e, "the token service gave no answer in time");
	case ERR_REMOVED:
	case ERR_SHORT:
	case ERR_IO:
		return why_add(&s->why, ERR_SERVICE,
		    "the token service closed the connection");
	default:
		return why_add(&s->why, ERR_SERVICE,
		    "the token service answered nonsense");
	}
}

static err_t
take_event(struct scs *s, const struct msg *m)
{
	if (!s->watching || m->type != TOK_EVENT || m->body.n != 0)
		return ERR_FORMAT;
	s->changed = true;
	return ERR_OK;
}

/* Events may come at any time before the answer, but not for ever. */
static err_t
recv_answer(struct scs *s, uint64_t deadline, struct msg *m)
{
	err_t e;

	for (;;) {
		if ((e = msg_recv(s->fd, m, deadline)))
			return e;
		if (m->secret != NULL)
			return ERR_FORMAT;
		if (m->type == TOK_ANSWER)
			return ERR_OK;
		if ((e = take_event(s, m)))
			return e;
		if (deadline_left(deadline) == 0)
			return ERR_TIMEOUT;
	}
}

err_t
link_parse(
    struct span body, err_t *result, struct link_answer *out, struct why *why)
{
	char reason[REASON_MAX];
	uint16_t wire;
	uint8_t tries;
	err_t e;

	if ((e = span_u16(&body, &wire)))
		return e;
	out->tries = LINK_TRIES_UNKNOWN;
	if (wire == ERR_OK) {
		out->body = body;
		*result = ERR_OK;
		return ERR_OK;
	}
	if ((e = msg_get_str(&body, reason, sizeof(reason))) ||
	    (e = span_u8(&body, &tries)) || (e = span_end(body)))
		return e;
	if (tries != TOKEN_TRIES_UNKNOWN)
		out->tries = tries;
	*result = err_from_wire(wire);
	if (reason[0] != '\0')
		(void)why_add(why, *result, "%s", reason);
	return ERR_OK;
}

uint64_t
link_deadline(const struct scs *s, unsigned int ms)
{
	return deadline_in(s->timeout_ms != 0 ? s->timeout_ms : ms);
}

err_t
link_ask(struct scs *s, const struct msg *q, uint64_t deadline,
    struct link_answer *out)
{
	err_t e, result;

	out->tries = LINK_TRIES_UNKNOWN;
	if ((e = usable(s)) || (e = buf_status(&q->body)))
		return e;
	if ((e = msg_send(s->fd, q, deadline)) ||
	    (e = recv_answer(s, deadline, &out->m)) ||
	    (e = link_parse(buf_span(&out->m.body), &result, out, &s->why)))
		return lost(s, e);
	return result;
}

err_t
link_events(struct scs *s)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct pollfd p;
	err_t e;

	if ((e = usable(s)))
		return e;
	for (int i = 0; i < EVENTS_A_CALL; i++) {
		p = (struct pollfd){ .fd = s->fd, .events = POLLIN };
		if (poll(&p, 1, 0) <= 0)
			break;
		if ((e = msg_recv(s->fd, &m, deadline_in(EVENT_MS))) ||
		    (e = take_event(s, &m)))
			return lost(s, e);
	}
	return ERR_OK;
}

err_t
link_settle(struct scs *s, uint64_t deadline)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	CLEANUP(msg_done) struct msg q = { 0 };

	msg_init(&q, TOK_SETTLED);
	return link_ask(s, &q, deadline, &a);
}

err_t
link_list(struct scs *s, uint64_t deadline, struct tokens *out)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	CLEANUP(msg_done) struct msg q = { 0 };
	err_t e;

	msg_init(&q, TOK_LIST);
	if ((e = link_ask(s, &q, deadline, &a)))
		return e;
	if ((e = tokens_parse(a.body, out)))
		return why_add(&s->why, e,
		    "the token service's list of tokens makes no sense");
	return ERR_OK;
}
