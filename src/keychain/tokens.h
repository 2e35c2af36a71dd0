/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer to TOK_LIST (ipc/token-proto.h) as the values of scs/scs.h. The
 * bytes repeat what cards say; a pure function believes none of it.
 */
#ifndef SCS_KEYCHAIN_TOKENS_H
#define SCS_KEYCHAIN_TOKENS_H

#include "base/span.h"
#include "scs/scs.h"

struct tokens {
	struct scs_token *all; /* owned, with what it points to */
	size_t n;
	char *pool; /* owned: every string and byte string */
};

/*
 * Everything after the result code of the answer. Nothing is borrowed from
 * `in`. `out` is untouched on failure.
 *
 * ERR_SHORT   ends too early
 * ERR_LIMIT   a count or a length over the caps of ipc/token-proto.h
 * ERR_FORMAT  text that is none, a hash of another size, an unknown PIN policy,
 *             two tokens of one insertion, bytes after the end
 */
MUST_CHECK err_t tokens_parse(struct span in, struct tokens *out);

void tokens_done(struct tokens *t); /* CLEANUP(tokens_done) */

#endif
