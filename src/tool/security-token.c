/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * security smartcards token: the preference DisabledTokens. Answers go to
 * standard output and the exit code is 0 even when nothing was to do, as
 * scripts expect.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "prefs/prefs.h"
#include "tool/security.h"

#define ID_MAX 200 /* bytes */

/* As it counts; whoever edits it does so under a lock, and looks again. */
static err_t
read_disabled(const char *prefix, struct prefs **out, struct why *why)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	err_t e;

	if ((e = prefs_open(prefix, &p)))
		return why_add(why, e, "preferences cannot be read");
	if (!prefs_sound(p))
		return why_add(why, ERR_FORMAT, "%s", prefs_problem(p, 0));
	*out = TAKE(p);
	return ERR_OK;
}

static bool
is_disabled(const struct prefs *p, const char *id)
{
	const char *s;

	for (size_t i = 0; (s = prefs_item(p, PREF_DISABLED_TOKENS, i)) != NULL;
	     i++)
		if (strcmp(s, id) == 0)
			return true;
	return false;
}

static int
list(const struct prefs *p)
{
	const char *s;

	for (size_t i = 0; (s = prefs_item(p, PREF_DISABLED_TOKENS, i)) != NULL;
	     i++)
		(void)printf("\t\"%s\"\n", s);
	return EXITS_OK;
}

static int
turn(const char *prefix, const struct prefs *p, const char *id, bool off)
{
	struct why why = { 0 };
	err_t e = ERR_ABSENT;

	if (is_disabled(p, id) != off) {
		if (prefs_origin(p, PREF_DISABLED_TOKENS) == PREF_MANAGED) {
			(void)why_add(&why, ERR_DENIED,
			    "an installed profile says which tokens are "
			    "disabled");
			return say_failed("smartcards", ERR_DENIED, &why);
		}
		e = prefs_set_item(prefix, PREF_DISABLED_TOKENS, id, off, &why);
	}
	if (e == ERR_ABSENT)
		(void)printf(
		    "Token is already %s.\n", off ? "disabled" : "enabled");
	else if (e == ERR_DENIED)
		(void)puts("Permission denied!");
	else if (e != ERR_OK)
		return say_failed("smartcards", e, &why);
	return EXITS_OK;
}

/* Free text, as long as the file it goes into can be read again. */
static bool
is_id(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= ID_MAX && text_ok(span_from(id, n));
}

static int
not_an_id(const struct invocation *in, const char *id)
{
	struct why why = { 0 };

	(void)why_add(&why, ERR_FORMAT, "\"%.64s\": no driver's id", id);
	return command_usage(in, &why);
}

int
security_smartcards(const struct invocation *in)
{
	CLEANUP(prefs_close) struct prefs *p = NULL;
	struct invocation rest = *in;
	const char *on = NULL, *off = NULL;
	bool want_list = false;
	const struct option_spec specs[] = {
		{ .letter = 'l', .flag = &want_list },
		{ .letter = 'e', .value = &on },
		{ .letter = 'd', .value = &off },
	};
	struct why why = { 0 };
	int status = 0;
	err_t e;

	if (in->argc > 1 && strcmp(in->argv[1], "token") == 0) {
		rest.argc--;
		rest.argv++;
	} else if (in->argc < 2 || strcmp(in->argv[1], "--help") != 0) {
		return command_usage(in, NULL);
	}
	if (command_options(&rest, specs, nitems(specs), &status))
		return status;
	if ((want_list ? 1 : 0) + (on != NULL) + (off != NULL) != 1)
		return command_usage(in, NULL);
	if (off != NULL && !is_id(off))
		return not_an_id(in, off);
	if ((e = read_disabled(in->prefix, &p, &why)))
		return say_failed("smartcards", e, &why);
	if (want_list)
		return list(p);
	return turn(in->prefix, p, on != NULL ? on : off, off != NULL);
}
