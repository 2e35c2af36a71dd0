/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/authd.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "ipc/msg.h"
#include "ipc/peer.h"

#define CONNECT_MS 5000
#define USERS_MS 15000
#define PAIR_MS 90000 /* the card is asked to sign */

err_t
authd_verdict(enum verdict v)
{
	switch (v) { /* no default */
	case VERDICT_OK:
		return ERR_OK;
	case VERDICT_NO_CARD:
		return ERR_ABSENT;
	case VERDICT_NOT_PAIRED:
	case VERDICT_REFUSED:
	case VERDICT_NO_CONSENT:
		return ERR_DENIED;
	case VERDICT_WRONG_PIN:
		return ERR_PIN_WRONG;
	case VERDICT_BLOCKED:
		return ERR_PIN_BLOCKED;
	case VERDICT_CARD_ERROR:
		return ERR_CARD;
	case VERDICT_SERVICE:
		return ERR_SERVICE;
	case VERDICT_INTERNAL:
	case VERDICT_COUNT_:
		return ERR_IO;
	}
	return ERR_IO;
}

static err_t
connect_to(const char *prefix, int *fd, struct why *why)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(prefix, PATH_AUTH_SOCK, path)))
		return e;
	e = fd_connect_unix_by(path, deadline_in(CONNECT_MS), fd);
	if (e == ERR_SERVICE || e == ERR_TIMEOUT)
		return why_add(why, ERR_SERVICE,
		    "scs-authd does not run or does not answer: start scsd");
	if (e != ERR_OK)
		return why_add(why, e, "%s", path);
	if (geteuid() == 0 && (e = peer_path_trusted(path)))
		return why_add(why, e,
		    "%s: others than root can change a folder on its way",
		    path);
	return ERR_OK;
}

/* One question, one answer of this type, one connection. */
static err_t
ask(const char *prefix, const struct msg *q, uint16_t type, uint64_t ms,
    struct msg *answer, struct why *why)
{
	CLOSE_FD int fd = -1;
	uint64_t deadline = deadline_in(ms);
	err_t e;

	if ((e = buf_status(&q->body)) || (e = connect_to(prefix, &fd, why)))
		return e;
	if ((e = msg_send(fd, q, deadline)) ||
	    (e = msg_recv(fd, answer, deadline)))
		return why_add(why, e == ERR_TIMEOUT ? e : ERR_SERVICE,
		    "scs-authd gave no answer; its log says more");
	if (answer->type != type || answer->secret != NULL)
		return why_add(why, ERR_SERVICE, "scs-authd answered nonsense");
	return ERR_OK;
}

static err_t
nonsense(err_t e, struct why *why)
{
	if (e == ERR_OK || e == ERR_NOMEM)
		return e;
	return why_add(why, ERR_SERVICE, "scs-authd answered nonsense");
}

err_t
authd_users_of(const char *prefix, const char *hash, struct answer_users *out,
    struct why *why)
{
	CLEANUP(msg_done) struct msg q = { 0 }, a = { 0 };
	err_t e;

	msg_init(&q, AUTH_USER_OF);
	msg_put_str(&q.body, hash);
	if ((e = ask(prefix, &q, AUTH_USERS, USERS_MS, &a, why)))
		return e;
	return nonsense(answer_users(buf_span(&a.body), out), why);
}

err_t
authd_pair_check(const char *prefix, const char *user, const char *hash,
    struct secret **pin, struct answer_pair *out, struct why *why)
{
	CLEANUP(msg_done) struct msg q = { 0 }, a = { 0 };
	err_t e;

	msg_init(&q, AUTH_PAIR_CHECK);
	msg_put_str(&q.body, user);
	msg_put_str(&q.body, hash);
	buf_put_u8(&q.body, 0);
	if (pin != NULL)
		q.secret = TAKE(*pin);
	if ((e = ask(prefix, &q, AUTH_PAIR_RESULT, PAIR_MS, &a, why)))
		return e;
	return nonsense(answer_pair(buf_span(&a.body), out), why);
}
