/* SPDX-License-Identifier: BSD-2-Clause */
/* scs/scs.h: connecting, listing, being told. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "ipc/peer.h"
#include "ipc/token-proto.h"
#include "keychain/link.h"
#include "keychain/result.h"

#define CONNECT_MS 5000
#define LIST_MS 15000

static err_t
open_at(const char *path, struct scs **out)
{
	CLOSE_FD int fd = -1;
	struct scs *s;
	err_t e;

	if ((e = fd_connect_unix_by(path, deadline_in(CONNECT_MS), &fd)))
		return e;
	/* a PIN may follow */
	if (geteuid() == 0 && (e = peer_path_trusted(path)))
		return e;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return ERR_NOMEM;
	s->fd = fd_take(&fd);
	s->pid = getpid();
	*out = s;
	return ERR_OK;
}

int
scs_open(const char *prefix, struct scs **out)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if (out == NULL)
		return SCS_INVALID;
	if ((e = path_under(prefix, PATH_TOKEN_SOCK, path)) == ERR_OK)
		e = open_at(path, out);
	return result_from_err(e);
}

void
scs_close(struct scs **sp)
{
	struct scs *s;

	if (sp == NULL || (s = *sp) == NULL)
		return;
	*sp = NULL;
	fd_close(&s->fd); /* in a child: its copy, the parent's stays open */
	tokens_done(&s->tokens);
	free(s);
}

void
scs_set_timeout(struct scs *s, unsigned int ms)
{
	if (s != NULL)
		s->timeout_ms = ms;
}

int
scs_list(struct scs *s, const struct scs_token **tokens, size_t *n)
{
	struct tokens fresh;
	err_t e;

	if (s == NULL || tokens == NULL || n == NULL)
		return SCS_INVALID;
	if ((e = link_list(s, link_deadline(s, LIST_MS), &fresh)))
		return result_from_err(e);
	tokens_done(&s->tokens);
	s->tokens = fresh;
	*tokens = s->tokens.all;
	*n = s->tokens.n;
	return SCS_OK;
}

int
scs_watch(struct scs *s)
{
	CLEANUP(link_answer_done) struct link_answer a = { 0 };
	CLEANUP(msg_done) struct msg q = { 0 };
	err_t e;

	if (s == NULL)
		return SCS_INVALID;
	msg_init(&q, TOK_WATCH);
	s->watching = true; /* an event may overtake the answer */
	if ((e = link_ask(s, &q, link_deadline(s, LIST_MS), &a)))
		s->watching = false;
	return result_from_err(e);
}

int
scs_fd(const struct scs *s)
{
	return s != NULL && s->pid == getpid() ? s->fd : -1;
}

int
scs_changed(struct scs *s, int *changed)
{
	err_t e;

	if (s == NULL || changed == NULL)
		return SCS_INVALID;
	if ((e = link_events(s)) && !s->changed)
		return result_from_err(e);
	*changed = s->changed;
	s->changed = false;
	return SCS_OK;
}

const char *
scs_reason(const struct scs *s)
{
	if (s == NULL)
		return "";
	return s->why.text;
}
