/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to the token service: one question, one answer, with a deadline,
 * and events in between. An answer that does not come in time, or is no answer,
 * ends the connection: what comes later would belong to another question.
 */
#ifndef SCS_KEYCHAIN_LINK_H
#define SCS_KEYCHAIN_LINK_H

#include <sys/types.h>

#include "base/why.h"
#include "ipc/msg.h"
#include "keychain/tokens.h"

#define LINK_TRIES_UNKNOWN (-1)

struct scs {
	int fd; /* owned; -1 after the connection was lost */
	pid_t pid; /* of who opened it */
	bool watching;
	bool changed; /* an event has come since scs_changed() */
	unsigned int timeout_ms; /* 0: the default of each request */
	struct tokens tokens;
	struct why why; /* of the last failure */
};

/* What an answer says besides its result. */
struct link_answer {
	struct msg m; /* owned: link_answer_done */
	struct span body; /* borrowed from m: what follows ERR_OK */
	int tries; /* of a failure; LINK_TRIES_UNKNOWN */
};

void link_answer_done(struct link_answer *a);

/* When a call has to be done that begins now: after the connection's own time
 * limit, or after `ms`. */
uint64_t link_deadline(const struct scs *s, unsigned int ms);

/*
 * Ask `q` and wait for the answer. The service's own failures come back as they
 * are, with its reason in s->why.
 *
 * ERR_SERVICE  the connection was lost, is another process's, or the answer was
 *              none; the connection is closed
 * ERR_TIMEOUT  the same, no answer in time
 */
MUST_CHECK err_t link_ask(struct scs *s, const struct msg *q, uint64_t deadline,
    struct link_answer *out);

/* Wait until no card is being read any more, but not long (TOK_SETTLED). */
MUST_CHECK err_t link_settle(struct scs *s, uint64_t deadline);

/* What is there now; s->tokens stays as it is. `out`: tokens_done. */
MUST_CHECK err_t link_list(
    struct scs *s, uint64_t deadline, struct tokens *out);

/* Take events that are there, without waiting for more. */
MUST_CHECK err_t link_events(struct scs *s);

/* The pure part of it: the body of a TOK_ANSWER. Returns ERR_FORMAT and the
 * like for what is no answer; else ERR_OK, and *result is what it says. */
MUST_CHECK err_t link_parse(
    struct span body, err_t *result, struct link_answer *out, struct why *why);

#endif
