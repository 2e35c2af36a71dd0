/* SPDX-License-Identifier: BSD-2-Clause */
/* sc_auth pairing_ui: the preference UserPairing under its old name. */
#include <stdio.h>
#include <string.h>

#include "prefs/prefs.h"
#include "tool/sc-auth.h"

static int
show(const struct invocation *in)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	err_t e = prefs_open(in->prefix, &p);
	const char *problem;

	if (e != ERR_OK)
		return say_failed("preferences", e, NULL);
	for (size_t i = 0; (problem = prefs_problem(p, i)) != NULL; i++)
		say("preferences: %s", problem);
	(void)printf("SmartCard Pairing dialog is %s.\n",
	    prefs_bool(p, PREF_USER_PAIRING) ? "enabled" : "disabled");
	return EXITS_OK;
}

static int
set(const struct invocation *in, bool on)
{
	const struct pref_value v = { .type = PREF_BOOL, .number = on ? 1 : 0 };
	const struct pref_key *k = &pref_keys[PREF_USER_PAIRING];
	struct why why = { 0 };
	err_t e;

	if ((e = sc_auth_may_write(in, &why)) ||
	    (e = prefs_set(in->prefix, k->domain, k->name, &v, &why)))
		return say_failed("pairing_ui", e, &why);
	return EXITS_OK;
}

int
sc_auth_pairing_ui(const struct invocation *in)
{
	const char *word = NULL;
	bool verbose = false;
	const struct option_spec specs[] = {
		{ .letter = 's', .value = &word },
		{ .letter = 'v', .flag = &verbose },
	};
	struct why why = { 0 };
	int status = 0;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (word != NULL && strcmp(word, "status") == 0)
		return show(in);
	if (word != NULL && strcmp(word, "enable") == 0)
		return set(in, true);
	if (word != NULL && strcmp(word, "disable") == 0)
		return set(in, false);
	(void)why_add(
	    &why, ERR_FORMAT, "-s enable, disable or status is needed");
	return command_usage(in, &why);
}
