/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command says on standard error: which thing, what happened, what to
 * do. One line a message, prefixed by the command's name; control characters,
 * which may come from a card or the command line, are replaced.
 */
#ifndef SCS_TOOL_SAY_H
#define SCS_TOOL_SAY_H

#include "base/why.h"
#include "tool/exits.h"

void say_name(const char *command); /* borrowed for ever */
const char *say_who(void); /* that name */

void say(const char *fmt, ...) PRINTF(1, 2);

/* The same without the name, for sentences that scripts look for. */
void say_bare(const char *fmt, ...) PRINTF(1, 2);

/* "WHAT: the reasons"; returns the exit code that belongs to `e`. */
int say_failed(const char *what, err_t e, const struct why *why);

#endif
