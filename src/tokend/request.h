/* SPDX-License-Identifier: BSD-2-Clause */
/* One request of tokend to a worker, and its answer. */
#ifndef SCS_TOKEND_REQUEST_H
#define SCS_TOKEND_REQUEST_H

#include "ipc/msg.h"
#include "tokend/guard.h"

/*
 * Carry out `in` and fill `answer` (initialised, empty). Whatever `in` holds,
 * there is an answer; ERR_NOMEM: there is none.
 */
MUST_CHECK err_t request_handle(struct guard *g, const struct token *t,
    const struct msg *in, struct msg *answer);

#endif
