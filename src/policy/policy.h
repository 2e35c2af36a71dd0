/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May a card be used for this login at all, and may this caller ask? Pure
 * functions of the preferences and of what is known about the caller; each
 * refusal is ERR_DENIED with a reason for people.
 */
#ifndef SCS_POLICY_POLICY_H
#define SCS_POLICY_POLICY_H

#include <sys/types.h>

#include "base/why.h"
#include "policy/place.h"
#include "prefs/prefs.h"

/* A login rests on this; the caller's own words can only make it stricter. */
struct policy_request {
	const char *rhost; /* PAM_RHOST, "" when not set */
	struct place place; /* where the caller sits */
	uid_t caller;
	bool privileged; /* the caller is root */
};

/* Does this PAM_RHOST name no other host: none, localhost, loopback? */
bool policy_is_local(const char *rhost);

/*
 * Cards for login and authorisation: allowSmartCard, and no login from afar
 * with a card in a reader here unless ignoreArd (SmartCardServices(7), REMOTE
 * ACCESS). Unknown counts as no.
 */
MUST_CHECK err_t policy_login(
    const struct prefs *p, const struct policy_request *r, struct why *why);

/*
 * A caller that is not root authenticates itself alone, from an active session
 * on the reader's seat.
 */
MUST_CHECK err_t policy_caller(
    const struct policy_request *r, uid_t user, struct why *why);

/* The trust that checkCertificateTrust asks for must be evaluated, or refused:
 * nothing in between. */
MUST_CHECK err_t policy_trust(const struct prefs *p, struct why *why);

/* oneCardPerUser: `others` other keys are paired with the user already. */
MUST_CHECK err_t policy_pair(
    const struct prefs *p, size_t others, struct why *why);

#endif
