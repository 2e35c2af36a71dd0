/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients may ask (ipc/token-proto.h). Who it is was told by the kernel;
 * bodies are only looked at as far as the insertion, the rest is the worker's.
 */
#include <stdlib.h>

#include "base/log.h"
#include "tokend/fit.h"
#include "tokend/tokend.h"
#include "tokend/worker-proto.h"

#define LIST_HEAD 4 /* error and count */

enum right {
	RIGHT_USE, /* whoever may use the cards */
	RIGHT_LOGIN, /* scs-authd */
};

void
client_answer(struct client *c, err_t e, const struct why *why)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, TOK_ANSWER);
	buf_put_u16(&m.body, (uint16_t)e);
	if (e != ERR_OK) {
		msg_put_str(&m.body, why_text(why, e));
		buf_put_u8(&m.body, TOKEN_TRIES_UNKNOWN);
	}
	if (conn_reply(c->conn, &m) != ERR_OK)
		conn_close(c->conn);
}

void
client_relay(struct client *c, const struct msg *answer)
{
	if (conn_reply(c->conn, answer) != ERR_OK)
		conn_close(c->conn);
}

uint64_t *
client_login(struct client *c, uint64_t insertion)
{
	uint64_t *unused = NULL;

	for (size_t i = 0; i < nitems(c->logins); i++) {
		if (c->logins[i] == insertion)
			return &c->logins[i];
		/* never, or of a card that has left */
		if (unused == NULL &&
		    (c->logins[i] == 0 ||
			entry_by_insertion(c->d, c->logins[i]) == NULL))
			unused = &c->logins[i];
	}
	return unused;
}

/* The entries that go into the list; *limit: how large their tokens may be. */
static uint16_t
count_listed(const struct tokend *d, size_t *limit)
{
	size_t sizes[TOKENS_MAX];
	uint16_t n = 0, listed = 0;

	for (struct entry *e = d->entries; e != NULL && n < TOKENS_MAX;
	     e = e->next)
		if (entry_listed(e))
			sizes[n++] = e->token.n;
	*limit = fit_up_to(sizes, n, MSG_BODY_MAX - LIST_HEAD);
	for (uint16_t i = 0; i < n; i++)
		if (sizes[i] <= *limit)
			listed++;
	if (listed < n)
		log_warning("%u card(s) with too much on them are not listed",
		    (unsigned int)(n - listed));
	return listed;
}

static err_t
on_list(struct client *c, struct msg *m, struct why *why)
{
	CLEANUP(msg_done) struct msg answer = { 0 };
	struct entry *e;
	size_t limit;
	uint16_t n;

	if (m->body.n != 0 || m->secret != NULL)
		return why_add(why, ERR_FORMAT, "malformed request");
	msg_init(&answer, TOK_ANSWER);
	buf_put_u16(&answer.body, ERR_OK);
	n = count_listed(c->d, &limit);
	buf_put_u16(&answer.body, n);
	for (e = c->d->entries; e != NULL && n > 0; e = e->next) {
		if (!entry_listed(e) || e->token.n > limit)
			continue;
		buf_put(&answer.body, buf_span(&e->token));
		n--;
	}
	if (buf_status(&answer.body) != ERR_OK)
		return why_add(why, ERR_NOMEM, "no memory for the list");
	client_relay(c, &answer);
	return ERR_OK;
}

static err_t
on_watch(struct client *c, struct msg *m, struct why *why)
{
	if (m->body.n != 0 || m->secret != NULL)
		return why_add(why, ERR_FORMAT, "malformed request");
	c->watching = true;
	client_answer(c, ERR_OK, NULL);
	return ERR_OK;
}

static err_t
on_settled(struct client *c, struct msg *m, struct why *why)
{
	if (m->body.n != 0 || m->secret != NULL)
		return why_add(why, ERR_FORMAT, "malformed request");
	return client_settle(c);
}

static uint8_t
rights(const struct client *c)
{
	const struct peer *p = conn_peer(c->conn);
	uint8_t flags = 0;

	if (access_last_try(&c->d->access, p))
		flags |= ASK_LAST_TRY;
	if (access_login(&c->d->access, p))
		flags |= ASK_LOGIN;
	return flags;
}

/* To the worker of the card it names, with who asks in front. */
static err_t
on_card(struct client *c, struct msg *m, struct why *why)
{
	CLEANUP(msg_done) struct msg to = { 0 };
	struct span body = buf_span(&m->body);
	struct entry *e;
	uint64_t insertion;

	if (span_u64(&body, &insertion) != ERR_OK)
		return why_add(why, ERR_FORMAT, "malformed request");
	if ((e = entry_by_insertion(c->d, insertion)) == NULL)
		return why_add(why, ERR_REMOVED,
		    "that card is not in a reader "
		    "any more");
	if (m->type == TOK_LOGIN && client_login(c, insertion) == NULL)
		return why_add(why, ERR_LIMIT, "logged in to too many cards");
	msg_init(&to, m->type);
	buf_put_u64(&to.body, c->session);
	buf_put_u8(&to.body, rights(c));
	buf_put_u8(&to.body, TOKEN_TRIES_UNKNOWN); /* filled in when sent */
	buf_put(&to.body, buf_span(&m->body));
	to.secret = TAKE(m->secret);
	if (buf_status(&to.body) != ERR_OK)
		return why_add(why, ERR_LIMIT, "the request is too long");
	return entry_request(e, c, &to);
}

/* No row, no service. */
/* clang-format off */
static const struct {
	uint16_t type;
	enum right right;
	err_t (*fn)(struct client *c, struct msg *m, struct why *why);
} requests[] = {
	{ TOK_LIST,        RIGHT_USE,   on_list },
	{ TOK_WATCH,       RIGHT_USE,   on_watch },
	{ TOK_TRIES,       RIGHT_USE,   on_card },
	{ TOK_LOGIN,       RIGHT_USE,   on_card },
	{ TOK_LOGOUT,      RIGHT_USE,   on_card },
	{ TOK_SIGN,        RIGHT_USE,   on_card },
	{ TOK_DECRYPT,     RIGHT_USE,   on_card },
	{ TOK_DERIVE,      RIGHT_USE,   on_card },
	{ TOK_CHANGE_PIN,  RIGHT_USE,   on_card },
	{ TOK_UNBLOCK,     RIGHT_USE,   on_card },
	{ TOK_VERIFY_SIGN, RIGHT_LOGIN, on_card },
	{ TOK_PROBE,       RIGHT_LOGIN, on_card },
	{ TOK_SETTLED,     RIGHT_USE,   on_settled },
};
/* clang-format on */

static err_t
dispatch(struct client *c, struct msg *m, struct why *why)
{
	const struct access *a = &c->d->access;
	const struct peer *p = conn_peer(c->conn);
	err_t e;

	for (size_t i = 0; i < nitems(requests); i++) {
		if (requests[i].type != m->type)
			continue;
		if ((e = access_check(a, conn_fd(c->conn), p, why)))
			return e;
		if (requests[i].right == RIGHT_LOGIN && !access_login(a, p))
			return why_add(why, ERR_DENIED,
			    "only the login service may ask for that");
		return requests[i].fn(c, m, why);
	}
	return why_add(why, ERR_UNSUPPORTED, "unknown request");
}

static err_t
on_request(struct conn *conn UNUSED, void *user, struct msg *m)
{
	struct client *c = user;
	struct why why = { 0 };
	err_t e = dispatch(c, m, &why);

	if (e != ERR_OK)
		client_answer(c, e, &why);
	return ERR_OK;
}

static err_t
on_opened(struct conn *conn, void *ctx, void **user)
{
	struct tokend *d = ctx;
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ERR_NOMEM;
	*c = (struct client){
		.d = d, .conn = conn, .session = ++d->last_session
	};
	*user = c;
	return ERR_OK;
}

static void
on_closed(struct conn *conn UNUSED, void *user)
{
	struct client *c = user;

	for (struct entry *e = c->d->entries; e != NULL; e = e->next)
		entry_forget_client(e, c);
	client_settle_end(c);
	free(c);
}

const struct server_ops client_ops = {
	.opened = on_opened,
	.request = on_request,
	.closed = on_closed,
};

static void
tell_change(struct conn *conn, void *user, void *ctx UNUSED)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct client *c = user;

	if (!c->watching)
		return;
	msg_init(&m, TOK_EVENT);
	(void)conn_event(conn, &m); /* who does not read is closed */
}

void
clients_changed(struct tokend *d)
{
	if (d->server != NULL)
		server_each(d->server, tell_change, NULL);
}
