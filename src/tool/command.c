/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

#define OPTIONS_MAX 12

static void
help(const struct command *c, FILE *to)
{
	(void)fprintf(to, "usage: %s [--prefix DIR] VERB [OPTIONS]\n", c->name);
	(void)fprintf(to, "       %s --help | --version\n\nverbs:\n", c->name);
	for (size_t i = 0; i < c->n; i++)
		(void)fprintf(to, "  %s%s%s\n", c->verbs[i].name,
		    c->verbs[i].synopsis[0] != '\0' ? " " : "",
		    c->verbs[i].synopsis);
	(void)fprintf(to, "\n%s\n", c->about);
}

/*
 * A standard descriptor that is closed would be the next socket's number, and
 * what is printed would go to a service or into a file. In its place comes one
 * that fails when it is used.
 */
static void
fill_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXITS_FAILED);
	}
}

void
command_begin(const char *name)
{
	fill_standard();
	say_name(name);
}

int
command_end(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		say("standard output: could not be written");
		return status != EXITS_OK ? status : EXITS_FAILED;
	}
	return status;
}

err_t
command_prefix(const char *given, const char **out, struct why *why)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if (given == NULL && geteuid() != 0)
		given = path_client_prefix();
	if ((e = path_under(given, PATH_TOKEN_SOCK, path)))
		return why_add(why, e,
		    "prefix \"%s\": not an absolute path without \"..\"",
		    given);
	*out = given;
	return ERR_OK;
}

int
command_usage(const struct invocation *in, const struct why *why)
{
	if (why != NULL)
		say("%s: %s", in->verb->name, why_text(why, ERR_FORMAT));
	(void)fprintf(stderr, "usage: %s %s %s\n", say_who(), in->verb->name,
	    in->verb->synopsis);
	return EXITS_USAGE;
}

err_t
command_options(const struct invocation *in, const struct option_spec *specs,
    size_t n, int *status)
{
	struct option_spec all[OPTIONS_MAX];
	struct why why = { 0 };
	bool want_help = false;
	int next = 0;
	err_t e;

	if (n >= OPTIONS_MAX)
		return ERR_LIMIT;
	if (n > 0)
		memcpy(all, specs, n * sizeof(*specs));
	all[n] = (struct option_spec){ .name = "help", .flag = &want_help };
	e = options_parse(all, n + 1, in->argc, in->argv, &next, &why);
	if (e == ERR_OK && want_help) {
		(void)printf("usage: %s %s %s\n", say_who(), in->verb->name,
		    in->verb->synopsis);
		*status = EXITS_OK;
		return ERR_SEQUENCE;
	}
	if (e == ERR_OK && next < in->argc)
		e = why_add(&why, ERR_FORMAT, "\"%s\": one word too many",
		    in->argv[next]);
	if (e != ERR_OK)
		*status = command_usage(in, &why);
	return e;
}

static int
run_verb(const struct command *c, const char *prefix, int argc, char **argv)
{
	struct invocation in = { .prefix = prefix, .argc = argc, .argv = argv };

	if (strcmp(argv[0], "help") == 0) {
		help(c, stdout);
		return EXITS_OK;
	}
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(argv[0], c->verbs[i].name) != 0)
			continue;
		in.verb = &c->verbs[i];
		return in.verb->run(&in);
	}
	say("\"%s\": no such verb; see %s --help", argv[0], c->name);
	return EXITS_USAGE;
}

int
command_run(const struct command *c, int argc, char **argv)
{
	const char *given = NULL, *prefix = NULL;
	bool want_help = false, version = false;
	const struct option_spec specs[] = {
		{ .name = "prefix", .value = &given },
		{ .name = "help", .flag = &want_help },
		{ .name = "version", .flag = &version },
	};
	struct why why = { 0 };
	int next = 0;

	command_begin(c->name);
	if (options_parse(specs, nitems(specs), argc, argv, &next, &why) ||
	    command_prefix(given, &prefix, &why)) {
		say("%s", why.text);
		return EXITS_USAGE;
	}
	if (version) {
		(void)printf("%s %s\n", c->name, SCS_VERSION);
		return command_end(EXITS_OK);
	}
	if (want_help) {
		help(c, stdout);
		return command_end(EXITS_OK);
	}
	if (next >= argc) {
		help(c, stderr);
		return EXITS_USAGE;
	}
	return command_end(run_verb(c, prefix, argc - next, argv + next));
}
