/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system_profiler(8), as far as it is about smart cards. Long options may be
 * written with one dash, as its users do.
 */
#include <stdio.h>
#include <string.h>

#include "ident/cert.h"
#include "tool/command.h"
#include "tool/profiler.h"

struct arguments {
	const char *prefix;
	enum report_form form;
	bool help, version, list;
};

static const char help_text[] =
    "usage: system_profiler [--prefix DIR] [-json | -xml] [-detailLevel "
    "LEVEL]\n"
    "                       [SPSmartCardsDataType]\n"
    "       system_profiler -listDataTypes | --help | --version\n\n"
    "The manual page is system_profiler(8).\n";

/* "-json" and "--json": the name, or NULL for what is no option. */
static const char *
option_name(const char *word)
{
	if (word[0] != '-')
		return NULL;
	return word[1] == '-' ? word + 2 : word + 1;
}

static bool
set_flag(const char *name, struct arguments *a)
{
	if (strcmp(name, "json") == 0)
		a->form = REPORT_JSON;
	else if (strcmp(name, "xml") == 0)
		a->form = REPORT_XML;
	else if (strcmp(name, "help") == 0 || strcmp(name, "usage") == 0)
		a->help = true;
	else if (strcmp(name, "version") == 0)
		a->version = true;
	else if (strcmp(name, "listDataTypes") == 0)
		a->list = true;
	else
		return false;
	return true;
}

/* -detailLevel is taken and changes nothing: there is one level. */
static bool
takes_value(const char *name)
{
	return strcmp(name, "prefix") == 0 || strcmp(name, "detailLevel") == 0;
}

static err_t
parse(int argc, char **argv, struct arguments *a, struct why *why)
{
	const char *given = NULL, *name;

	for (int i = 1; i < argc; i++) {
		if ((name = option_name(argv[i])) == NULL) {
			if (strcmp(argv[i], REPORT_TYPE) != 0)
				return why_add(why, ERR_FORMAT,
				    "\"%s\": the only kind of data "
				    "is " REPORT_TYPE,
				    argv[i]);
		} else if (takes_value(name)) {
			if (i + 1 == argc)
				return why_add(why, ERR_FORMAT,
				    "%s: needs a value", argv[i]);
			if (name[0] == 'p')
				given = argv[i + 1];
			i++;
		} else if (!set_flag(name, a)) {
			return why_add(
			    why, ERR_FORMAT, "%s: no such option", argv[i]);
		}
	}
	return command_prefix(given, &a->prefix, why);
}

/* A part that cannot be had is said and left empty; the rest is shown. */
static int
report(const struct arguments *a)
{
	CLEANUP(report_done) struct report r = { 0 };
	CLEANUP(cards_done) struct cards c = { 0 };
	struct why why = { 0 }, why_cards = { 0 };
	int status = EXITS_OK;
	err_t e;

	report_begin(&r);
	if ((e = profiler_readers(&r, a->prefix, &why)))
		status = say_failed("readers", e, &why);
	profiler_reader_drivers(&r, a->prefix);
	profiler_card_drivers(&r, a->prefix);
	if ((e = cards_open(a->prefix, &c, &why_cards)))
		status = say_failed("smart cards", e, &why_cards);
	profiler_keychain(&r, &c);
	profiler_tokens(&r, &c);
	if ((e = report_print(&r, a->form)))
		status = say_failed("report", e, NULL);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .form = REPORT_TEXT };
	struct why why = { 0 };

	command_begin("system_profiler");
	if (parse(argc, argv, &a, &why)) {
		say("%s", why.text);
		return EXITS_USAGE;
	}
	if (a.help)
		(void)fputs(help_text, stdout);
	else if (a.version)
		(void)printf("system_profiler %s\n", SCS_VERSION);
	else if (a.list)
		(void)puts("Available Datatypes:\n" REPORT_TYPE);
	else if (cert_init() != ERR_OK)
		return say_failed("certificates", ERR_NOMEM, NULL);
	else
		return command_end(report(&a));
	return command_end(EXITS_OK);
}
