/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sc_auth asks scs-authd (ipc/auth-proto.h): who is paired with a key, and
 * may this key be paired? Its answers are bytes from outside like any other.
 */
#ifndef SCS_TOOL_AUTHD_H
#define SCS_TOOL_AUTHD_H

#include "base/secret.h"
#include "base/span.h"
#include "base/why.h"
#include "ipc/auth-proto.h"

struct authd_users {
	size_t n;
	char names[AUTH_USERS_MAX][AUTH_NAME_MAX];
};

struct authd_pair {
	enum verdict verdict; /* VERDICT_INTERNAL for a number not known */
	char reason[AUTH_TEXT_MAX];
	char label[AUTH_TEXT_MAX]; /* of the certificate */
	uint8_t notes; /* enum pair_notes */
};

/* Bodies. ERR_SHORT, ERR_LIMIT, ERR_FORMAT; `out` untouched on failure. */
MUST_CHECK err_t authd_users_parse(struct span body, struct authd_users *out);
MUST_CHECK err_t authd_pair_parse(struct span body, struct authd_pair *out);

/*
 * Ask. Root talks only to a socket whose whole path is root's: ERR_DENIED.
 * ERR_SERVICE: scs-authd does not run, closed the connection or said nonsense.
 */
MUST_CHECK err_t authd_users_of(const char *prefix, const char *hash,
    struct authd_users *out, struct why *why);

/* `pin` is taken; NULL: the card need not prove that it has the key. */
MUST_CHECK err_t authd_pair_check(const char *prefix, const char *user,
    const char *hash, struct secret **pin, struct authd_pair *out,
    struct why *why);

/* What a verdict means for our exit code; VERDICT_OK is ERR_OK. */
err_t authd_verdict(enum verdict v);

#endif
