/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/args.h"

#include <string.h>

#include "base/path.h"

/* Words without a value: where each goes. Accepted without effect: NULL. */
struct word {
	const char *name;
	size_t at; /* of a bool in struct args */
};

#define NO_EFFECT SIZE_MAX

/* clang-format off */
static const struct word words[] = {
	{ "use_first_pass", offsetof(struct args, use_first_pass) },
	{ "try_first_pass", offsetof(struct args, try_first_pass) },
	{ "ignore_no_card", offsetof(struct args, ignore_no_card) },
	{ "pkinit",         offsetof(struct args, pkinit) },
	{ "debug",          offsetof(struct args, debug) },
	{ "no_check_shell", NO_EFFECT }, /* pam_unix and pam_shells check it */
};
/* clang-format on */

static bool
set_word(const char *arg, struct args *a)
{
	for (size_t i = 0; i < nitems(words); i++) {
		if (strcmp(arg, words[i].name) != 0)
			continue;
		if (words[i].at != NO_EFFECT)
			*(bool *)((char *)a + words[i].at) = true;
		return true;
	}
	return false;
}

/* Decimal digits alone, at most max. */
static err_t
number(const char *text, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (*text == '\0')
		return ERR_FORMAT;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return ERR_FORMAT;
		v = v * 10 + (uint64_t)(*text - '0');
		if (v > max)
			return ERR_FORMAT;
	}
	*out = (uint32_t)v;
	return ERR_OK;
}

/* The rest of `arg` after "name=", or NULL. */
static const char *
value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static err_t
set_value(const char *arg, struct args *a)
{
	char path[SCS_PATH_MAX];
	const char *v;
	uint32_t n;
	err_t e;

	if ((v = value_of(arg, "prefix")) != NULL) {
		if (*v == '\0' || path_under(v, PATH_AUTH_SOCK, path))
			return ERR_FORMAT;
		a->prefix = v;
		return ERR_OK;
	}
	if ((v = value_of(arg, "timeout")) != NULL) {
		if ((e = number(v, ARGS_TIMEOUT_MAX, &n)) || n == 0)
			return ERR_FORMAT;
		a->timeout_s = n;
		return ERR_OK;
	}
	if ((v = value_of(arg, "auth_uid")) != NULL) {
		/* (uid_t)-1 means "no user" everywhere */
		if ((e = number(v, UINT32_MAX - 1, &n)))
			return e;
		a->auth_uid = n;
		a->have_auth_uid = true;
		return ERR_OK;
	}
	return ERR_FORMAT;
}

err_t
args_parse(int argc, const char **argv, struct args *out, struct why *why)
{
	struct args a = { .timeout_s = ARGS_TIMEOUT_DEFAULT };
	bool no_ignore = false;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "no_ignore") == 0)
			no_ignore = true;
		else if (!set_word(argv[i], &a) && set_value(argv[i], &a))
			return why_add(why, ERR_FORMAT,
			    "argument \"%s\": unknown, or a bad value",
			    argv[i]);
	}
	if (a.have_auth_uid && a.prefix == NULL)
		return why_add(why, ERR_FORMAT,
		    "argument \"auth_uid\": only together with prefix=");
	if (no_ignore) /* the stricter word wins, whatever their order */
		a.ignore_no_card = false;
	if (a.use_first_pass)
		a.try_first_pass = false;
	*out = a;
	return ERR_OK;
}
