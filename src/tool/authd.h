/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sc_auth asks scs-authd (ipc/auth-proto.h): who is paired with a key, and
 * may this key be paired?
 */
#ifndef SCS_TOOL_AUTHD_H
#define SCS_TOOL_AUTHD_H

#include "base/secret.h"
#include "base/why.h"
#include "ipc/auth-answer.h"

/*
 * Ask. Root talks only to a socket whose whole path is root's: ERR_DENIED.
 * ERR_SERVICE: scs-authd does not run, closed the connection or said nonsense.
 */
MUST_CHECK err_t authd_users_of(const char *prefix, const char *hash,
    struct answer_users *out, struct why *why);

/* `pin` is taken; NULL: the card need not prove that it has the key. */
MUST_CHECK err_t authd_pair_check(const char *prefix, const char *user,
    const char *hash, struct secret **pin, struct answer_pair *out,
    struct why *why);

/* What a verdict means for our exit code; VERDICT_OK is ERR_OK. */
err_t authd_verdict(enum verdict v);

#endif
