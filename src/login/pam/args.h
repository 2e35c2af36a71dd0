/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments on the module's line in /etc/pam.d. They are root's words, but
 * a line with a word that is not known is refused as a whole: it may have meant
 * to be stricter.
 */
#ifndef SCS_LOGIN_PAM_ARGS_H
#define SCS_LOGIN_PAM_ARGS_H

#include <sys/types.h>

#include "base/why.h"

#define ARGS_TIMEOUT_DEFAULT 60 /* seconds */
#define ARGS_TIMEOUT_MAX 600

struct args {
	bool use_first_pass; /* the PIN from an earlier module, never ask */
	bool try_first_pass; /* that first, then ask */
	bool ignore_no_card; /* no card: PAM_IGNORE; off after no_ignore */
	bool pkinit;
	bool debug;
	bool have_auth_uid; /* only together with prefix */
	uid_t auth_uid; /* the service may run under this user too */
	unsigned int timeout_s; /* for each answer of the service */
	const char *prefix; /* borrowed from argv; NULL for none */
};

/*
 * ERR_FORMAT with the argument named in `why`: unknown, a number out of
 * range, a prefix that is not absolute, auth_uid without prefix.
 */
MUST_CHECK err_t args_parse(
    int argc, const char **argv, struct args *out, struct why *why);

#endif
