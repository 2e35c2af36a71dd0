/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/policy.h"

#include <string.h>

bool
policy_is_local(const char *rhost)
{
	static const char *const local[] = { "", "localhost", "127.0.0.1",
		"::1" };

	for (size_t i = 0; i < nitems(local); i++) {
		if (strcmp(rhost, local[i]) == 0)
			return true;
	}
	return false;
}

static err_t
sound(const struct prefs *p, struct why *why)
{
	const char *problem = prefs_problem(p, 0);

	if (prefs_sound(p))
		return ERR_OK;
	return why_add(why, ERR_DENIED, "the preferences cannot be read: %s",
	    problem != NULL ? problem : "reason unknown");
}

err_t
policy_login(
    const struct prefs *p, const struct policy_request *r, struct why *why)
{
	err_t e;

	if ((e = sound(p, why)))
		return e;
	if (!prefs_bool(p, PREF_ALLOW_SMART_CARD))
		return why_add(why, ERR_DENIED,
		    "smart cards are turned off for login (allowSmartCard)");
	if (prefs_bool(p, PREF_IGNORE_ARD))
		return ERR_OK;
	if (!policy_is_local(r->rhost))
		return why_add(why, ERR_DENIED,
		    "the login comes from host \"%.80s\", the card is here "
		    "(see ignoreArd)",
		    r->rhost);
	if (r->place.remote)
		return why_add(why, ERR_DENIED,
		    "the session is remote, the card is here (see ignoreArd)");
	return ERR_OK;
}

err_t
policy_caller(const struct policy_request *r, uid_t user, struct why *why)
{
	if (r->privileged)
		return ERR_OK;
	if (r->caller != user)
		return why_add(why, ERR_DENIED,
		    "only root's programs may authenticate another user");
	if (!r->place.active)
		return why_add(why, ERR_DENIED,
		    "only from the active session at the reader");
	return ERR_OK;
}

err_t
policy_trust(const struct prefs *p, struct why *why)
{
	int64_t level = prefs_int(p, PREF_CHECK_CERTIFICATE_TRUST);
	err_t e;

	if ((e = sound(p, why)))
		return e;
	if (level == 0)
		return ERR_OK;
	return why_add(why, ERR_DENIED,
	    "checkCertificateTrust is %d, and this version cannot evaluate the "
	    "trust of certificates",
	    (int)level);
}

err_t
policy_pair(const struct prefs *p, size_t others, struct why *why)
{
	err_t e;

	if ((e = sound(p, why)))
		return e;
	if (others > 0 && prefs_bool(p, PREF_ONE_CARD_PER_USER))
		return why_add(why, ERR_DENIED,
		    "the user is paired with another card, and oneCardPerUser "
		    "allows one");
	return ERR_OK;
}
