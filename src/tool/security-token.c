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

#define DISABLED_MAX 64
#define ID_MAX 200 /* bytes */

struct disabled {
	struct prefs *prefs; /* owned */
	const char *ids[DISABLED_MAX + 1]; /* borrowed from it */
	size_t n;
};

static void
disabled_done(struct disabled *d)
{
	prefs_close(&d->prefs);
}

static err_t
read_disabled(const char *prefix, struct disabled *d, struct why *why)
{
	const char *id;
	err_t e;

	if ((e = prefs_open(prefix, &d->prefs)))
		return why_add(why, e, "preferences cannot be read");
	if (!prefs_sound(d->prefs))
		return why_add(
		    why, ERR_FORMAT, "%s", prefs_problem(d->prefs, 0));
	while (
	    (id = prefs_item(d->prefs, PREF_DISABLED_TOKENS, d->n)) != NULL) {
		if (d->n == DISABLED_MAX)
			return why_add(
			    why, ERR_LIMIT, "too many disabled tokens");
		d->ids[d->n++] = id;
	}
	return ERR_OK;
}

static size_t
find(const struct disabled *d, const char *id)
{
	size_t i = 0;

	while (i < d->n && strcmp(d->ids[i], id) != 0)
		i++;
	return i;
}

static int
store(const char *prefix, const struct disabled *d)
{
	const struct pref_key *k = &pref_keys[PREF_DISABLED_TOKENS];
	const struct pref_value v = {
		.type = PREF_LIST, .list = d->ids, .n = d->n
	};
	struct why why = { 0 };
	err_t e = prefs_set(prefix, k->domain, k->name, &v, &why);

	if (e == ERR_DENIED) {
		(void)puts("Permission denied!");
		return EXITS_OK;
	}
	return e == ERR_OK ? EXITS_OK : say_failed("smartcards", e, &why);
}

static int
list(const struct disabled *d)
{
	for (size_t i = 0; i < d->n; i++)
		(void)printf("\t\"%s\"\n", d->ids[i]);
	return EXITS_OK;
}

static int
enable(const char *prefix, struct disabled *d, const char *id)
{
	size_t i = find(d, id);

	if (i == d->n) {
		(void)puts("Token is already enabled.");
		return EXITS_OK;
	}
	d->n--;
	memmove(&d->ids[i], &d->ids[i + 1], (d->n - i) * sizeof(d->ids[0]));
	return store(prefix, d);
}

static int
disable(const char *prefix, struct disabled *d, const char *id)
{
	if (find(d, id) < d->n) {
		(void)puts("Token is already disabled.");
		return EXITS_OK;
	}
	d->ids[d->n++] = id;
	return store(prefix, d);
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
	CLEANUP(disabled_done) struct disabled d = { 0 };
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
	if ((e = read_disabled(in->prefix, &d, &why)))
		return say_failed("smartcards", e, &why);
	if (want_list)
		return list(&d);
	return on != NULL ? enable(in->prefix, &d, on)
			  : disable(in->prefix, &d, off);
}
