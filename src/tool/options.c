/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/options.h"

#include <string.h>

struct cursor {
	int argc, at; /* argv[at] is looked at next */
	char **argv;
	struct why *why;
};

static err_t
set_flag(const struct option_spec *o, const char *shown, struct why *why)
{
	if (*o->flag)
		return why_add(why, ERR_FORMAT, "%s: given twice", shown);
	*o->flag = true;
	return ERR_OK;
}

static err_t
set_value(const struct option_spec *o, const char *shown, const char *v,
    struct why *why)
{
	if (*o->value != NULL)
		return why_add(why, ERR_FORMAT, "%s: given twice", shown);
	*o->value = v;
	return ERR_OK;
}

/* The value is `attached` or, if that is NULL, the next word. */
static err_t
take_value(struct cursor *c, const struct option_spec *o, const char *shown,
    const char *attached)
{
	if (attached == NULL) {
		if (c->at >= c->argc)
			return why_add(
			    c->why, ERR_FORMAT, "%s: needs a value", shown);
		attached = c->argv[c->at++];
	}
	return set_value(o, shown, attached, c->why);
}

static err_t
long_option(struct cursor *c, const struct option_spec *specs, size_t n,
    const char *word)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);

	for (size_t i = 0; i < n; i++) {
		const struct option_spec *o = &specs[i];

		if (o->name == NULL || strlen(o->name) != len ||
		    strncmp(o->name, name, len) != 0)
			continue;
		if (o->value != NULL)
			return take_value(
			    c, o, word, eq != NULL ? eq + 1 : NULL);
		if (eq != NULL)
			return why_add(
			    c->why, ERR_FORMAT, "%s: takes no value", word);
		return set_flag(o, word, c->why);
	}
	return why_add(c->why, ERR_FORMAT, "%s: no such option", word);
}

static const struct option_spec *
find_letter(const struct option_spec *specs, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++) {
		if (specs[i].letter != 0 && specs[i].letter == letter)
			return &specs[i];
	}
	return NULL;
}

static err_t
letters(struct cursor *c, const struct option_spec *specs, size_t n,
    const char *word)
{
	char shown[] = "-?";
	err_t e;

	for (const char *p = word + 1; *p != '\0'; p++) {
		const struct option_spec *o = find_letter(specs, n, *p);

		shown[1] = *p;
		if (o == NULL)
			return why_add(
			    c->why, ERR_FORMAT, "%s: no such option", shown);
		if (o->value != NULL)
			return take_value(
			    c, o, shown, p[1] != '\0' ? p + 1 : NULL);
		if ((e = set_flag(o, shown, c->why)))
			return e;
	}
	return ERR_OK;
}

err_t
options_parse(const struct option_spec *specs, size_t n, int argc, char **argv,
    int *next, struct why *why)
{
	struct cursor c = { .argc = argc, .at = 1, .argv = argv, .why = why };
	err_t e;

	while (c.at < argc) {
		const char *word = argv[c.at];

		if (word[0] != '-' || word[1] == '\0')
			break;
		c.at++;
		if (strcmp(word, "--") == 0)
			break;
		if (word[1] == '-')
			e = long_option(&c, specs, n, word);
		else
			e = letters(&c, specs, n, word);
		if (e != ERR_OK)
			return e;
	}
	*next = c.at;
	return ERR_OK;
}
