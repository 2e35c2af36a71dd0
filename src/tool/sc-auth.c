/* SPDX-License-Identifier: BSD-2-Clause */
/* sc_auth(8): pair smart cards with users. */
#include "tool/sc-auth.h"

#include <stdio.h>
#include <unistd.h>

/* clang-format off */
static const struct verb verbs[] = {
	{ "identities", "[--json]", sc_auth_identities },
	{ "list",       "[-v] [-u USER] [-d DOMAIN] [--json]", sc_auth_list },
	{ "pair",       "[-v] -u USER -h HASH [--pin]", sc_auth_pair },
	{ "unpair",     "[-v] [-u USER] [-h HASH]", sc_auth_unpair },
	{ "pairing_ui", "[-v] -s enable|disable|status", sc_auth_pairing_ui },
	{ "verifypin",  "[-t TOKENID] [--last-try]", sc_auth_verifypin },
	{ "changepin",  "[-t TOKENID] [-u] [--last-try]", sc_auth_changepin },
};
/* clang-format on */

static const struct command sc_auth = {
	.name = "sc_auth",
	.about = "PINs are asked for, never taken as an argument. The manual "
		 "page is sc_auth(8).",
	.verbs = verbs,
	.n = nitems(verbs),
};

err_t
sc_auth_user(const char *given, char out[RECORD_NAME_MAX], struct why *why)
{
	err_t e;

	if (given == NULL) {
		if ((e = record_name_of(getuid(), out)))
			return why_add(why, e,
			    "the user who runs this has no name: give -u");
		return ERR_OK;
	}
	if (!record_name_ok(given))
		return why_add(
		    why, ERR_FORMAT, "\"%s\": this is no user name", given);
	(void)snprintf(out, RECORD_NAME_MAX, "%s", given);
	return ERR_OK;
}

err_t
sc_auth_may_write(const struct invocation *in, struct why *why)
{
	if (in->prefix != NULL || geteuid() == 0)
		return ERR_OK;
	return why_add(why, ERR_DENIED,
	    "only an administrator may do that: run it as root");
}

int
main(int argc, char **argv)
{
	return command_run(&sc_auth, argc, argv);
}
