/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command with verbs: "sc_auth pair -u jane". Handles what all share:
 * --prefix, --help, --version, unknown verbs, and whether what was printed has
 * arrived.
 */
#ifndef SCS_TOOL_COMMAND_H
#define SCS_TOOL_COMMAND_H

#include "tool/options.h"
#include "tool/say.h"

struct verb;

struct invocation {
	const char *prefix; /* NULL: this machine itself */
	const struct verb *verb;
	int argc; /* argv[0] is the verb */
	char **argv;
};

struct verb {
	const char *name;
	const char *synopsis; /* its options, as in the manual page */
	int (*run)(const struct invocation *in); /* returns an exit code */
};

struct command {
	const char *name;
	const char *about; /* what --help says at the end */
	const struct verb *verbs;
	size_t n;
};

int command_run(const struct command *c, int argc, char **argv);

/* Say why, then the verb's synopsis; returns EXITS_USAGE. */
int command_usage(const struct invocation *in, const struct why *why);

/*
 * The verb's options, with --help among them. Not ERR_OK: the verb ends with
 * *status. Words after the options are refused.
 */
MUST_CHECK err_t command_options(const struct invocation *in,
    const struct option_spec *specs, size_t n, int *status);

/*
 * The prefix that counts: what was given, else SCS_PREFIX unless this is root.
 * ERR_FORMAT: not an absolute path.
 */
MUST_CHECK err_t command_prefix(
    const char *given, const char **out, struct why *why);

/* First of all: the command's name for messages, and standard descriptors that
 * are there, though perhaps of no use. */
void command_begin(const char *name);

/* `status`, or EXITS_FAILED if standard output did not take everything. */
int command_end(int status);

#endif
