/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/token.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/peer.h"

#define SEND_MS 5000
#define ANSWER_MS (TOK_SETTLED_MS + 5000)
#define SIGN_MS 60000 /* other holders of the card, and a slow RSA card */

struct token_client {
	int fd;
};

err_t
token_open(
    const char *path, uid_t uid, struct token_client **out, struct why *why)
{
	CLOSE_FD int fd = -1;
	struct peer peer;
	struct token_client *c;
	err_t e;

	if (fd_connect_unix(path, &fd) != ERR_OK)
		return why_add(why, ERR_SERVICE,
		    "the token service (scs-tokend) does not answer");
	if ((e = peer_get(fd, &peer)))
		return e;
	if (peer.uid != uid)
		return why_add(why, ERR_DENIED,
		    "the token socket belongs to user %u instead of %u",
		    (unsigned int)peer.uid, (unsigned int)uid);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ERR_NOMEM;
	c->fd = fd_take(&fd);
	*out = c;
	return ERR_OK;
}

void
token_close(struct token_client **c)
{
	if (c == NULL || *c == NULL)
		return;
	fd_close(&(*c)->fd);
	free(*c);
	*c = NULL;
}

/* The service is out of step: nothing it says on this connection counts. */
static err_t
broken(struct token_client *c, struct why *why, const char *what)
{
	fd_close(&c->fd);
	return why_add(why, ERR_SERVICE, "the token service %s", what);
}

/* Take the reason and the tries that come with a refusal. */
static err_t
refusal(struct token_client *c, err_t e, struct span body, uint8_t *tries,
    struct why *why)
{
	char reason[WHY_MAX];
	uint8_t left;

	if (msg_get_str(&body, reason, sizeof(reason)) != ERR_OK ||
	    span_u8(&body, &left) != ERR_OK || span_end(body) != ERR_OK)
		return broken(c, why, "answered nonsense");
	if (tries != NULL)
		*tries = left;
	return why_add(why, e, "%s", reason[0] != '\0' ? reason : err_text(e));
}

/*
 * One request, one answer. `body` is what follows ERR_OK, borrowed from
 * `answer`.
 */
static err_t
call(struct token_client *c, const struct msg *req, struct msg *answer,
    struct span *body, uint8_t *tries, struct why *why)
{
	uint64_t ms = req->type == TOK_VERIFY_SIGN ? SIGN_MS : ANSWER_MS;
	uint16_t wire;
	err_t e;

	if (c->fd < 0)
		return broken(c, why, "is gone");
	if (msg_send(c->fd, req, deadline_in(SEND_MS)) != ERR_OK)
		return broken(c, why, "closed the connection");
	if ((e = msg_recv(c->fd, answer, deadline_in(ms))) != ERR_OK)
		return broken(c, why,
		    e == ERR_TIMEOUT ? "did not answer in time"
				     : "stopped in the middle");
	*body = buf_span(&answer->body);
	if (answer->type != TOK_ANSWER || answer->secret != NULL ||
	    span_u16(body, &wire) != ERR_OK)
		return broken(c, why, "answered nonsense");
	if ((e = err_from_wire(wire)) != ERR_OK)
		return refusal(c, e, *body, tries, why);
	return ERR_OK;
}

err_t
token_list(struct token_client *c, struct tokens *out, struct why *why)
{
	CLEANUP(msg_done) struct msg req, answer;
	struct span body;
	err_t e;

	msg_init(&req, TOK_LIST);
	msg_init(&answer, 0);
	if ((e = call(c, &req, &answer, &body, NULL, why)))
		return e;
	if ((e = tokens_parse(body, out)) != ERR_OK && e != ERR_NOMEM)
		return broken(c, why, "answered nonsense");
	return e;
}

err_t
token_settled(
    struct token_client *c, char reader[TOKEN_READER_MAX], struct why *why)
{
	CLEANUP(msg_done) struct msg req, answer;
	struct span body;
	err_t e;

	msg_init(&req, TOK_SETTLED);
	msg_init(&answer, 0);
	if ((e = call(c, &req, &answer, &body, NULL, why)))
		return e;
	if (msg_get_str(&body, reader, TOKEN_READER_MAX) != ERR_OK ||
	    span_end(body) != ERR_OK)
		return broken(c, why, "answered nonsense");
	return ERR_OK;
}

err_t
token_tries(
    struct token_client *c, uint64_t insertion, uint8_t *tries, struct why *why)
{
	CLEANUP(msg_done) struct msg req, answer;
	struct span body;
	uint8_t n;
	err_t e;

	msg_init(&req, TOK_TRIES);
	msg_init(&answer, 0);
	buf_put_u64(&req.body, insertion);
	if ((e = call(c, &req, &answer, &body, NULL, why)))
		return e;
	if (span_u8(&body, &n) != ERR_OK || span_end(body) != ERR_OK)
		return broken(c, why, "answered nonsense");
	*tries = n;
	return ERR_OK;
}

static err_t
signed_parse(struct span body, struct token_signed *out)
{
	struct span sig;
	uint16_t apdus = 0xffff;
	err_t e;

	if ((e = msg_get_bytes(&body, 1024, &sig)) ||
	    (e = span_u16(&body, &apdus)) || (e = span_end(body)))
		return e;
	buf_put(&out->sig, sig);
	out->apdus = apdus;
	return buf_status(&out->sig);
}

err_t
token_verify_sign(struct token_client *c, const struct token_sign *what,
    struct token_signed *out, struct why *why)
{
	CLEANUP(msg_done) struct msg req, answer;
	struct span body;
	err_t e;

	out->tries = TOKEN_TRIES_UNKNOWN;
	out->apdus = 0xffff;
	msg_init(&req, TOK_VERIFY_SIGN);
	msg_init(&answer, 0);
	buf_put_u64(&req.body, what->insertion);
	buf_put_u8(&req.body, what->slot);
	buf_put_u8(&req.body, what->mech);
	msg_put_bytes(&req.body, what->data);
	buf_put_u8(&req.body, what->last_try_ok ? 1 : 0);
	if ((e = secret_from(secret_span(what->pin), &req.secret)))
		return e;
	e = call(c, &req, &answer, &body, &out->tries, why);
	if (e != ERR_OK)
		return e;
	if (signed_parse(body, out) != ERR_OK)
		return broken(c, why, "answered nonsense");
	return ERR_OK;
}

err_t
token_probe(struct token_client *c, uint64_t insertion, uint8_t slot,
    bool *signs, struct why *why)
{
	CLEANUP(msg_done) struct msg req, answer;
	struct span body;
	uint8_t yes;
	err_t e;

	msg_init(&req, TOK_PROBE);
	msg_init(&answer, 0);
	buf_put_u64(&req.body, insertion);
	buf_put_u8(&req.body, slot);
	if ((e = call(c, &req, &answer, &body, NULL, why)))
		return e;
	if (span_u8(&body, &yes) != ERR_OK || span_end(body) != ERR_OK)
		return broken(c, why, "answered nonsense");
	*signs = yes != 0;
	return ERR_OK;
}
