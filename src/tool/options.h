/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of a command or verb, from a table. As getopt(3) with the long forms:
 * -x VALUE, -xVALUE, --name VALUE, --name=VALUE, grouped flags, "--" ends them,
 * and so does the first word that is no option. Unlike it, an option given
 * twice is refused, since nobody can know which of the two was meant.
 */
#ifndef SCS_TOOL_OPTIONS_H
#define SCS_TOOL_OPTIONS_H

#include "base/why.h"

struct option_spec {
	char letter; /* 0: has a long name only */
	const char *name; /* without dashes; NULL: has a letter only */
	const char **value; /* gets its value, borrowed from argv; or */
	bool *flag; /* becomes true; exactly one of the two is set */
};

/*
 * argv[0] is not looked at. *next is the index of the first word that is no
 * option. Values and flags must be NULL and false before. ERR_FORMAT: unknown,
 * without its value, twice, or a value where none belongs; `why` names it.
 */
MUST_CHECK err_t options_parse(const struct option_spec *specs, size_t n,
    int argc, char **argv, int *next, struct why *why);

#endif
