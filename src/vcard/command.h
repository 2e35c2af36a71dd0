/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of scs-vcard share: words into values, messages. */
#ifndef SCS_VCARD_COMMAND_H
#define SCS_VCARD_COMMAND_H

#include <getopt.h>

#include "vcard/authority.h"

/* Exit status of the program, as in its manual page. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2
};

/* One command: argv[0] is its name. */
typedef int command_main(int argc, char **argv);

command_main create_main, personalize_main, import_main, export_main, put_main,
    run_main, tell_main;

/* "scs-vcard: TEXT" on standard error. Return the exit status. */
int command_usage(const char *fmt, ...) PRINTF(1, 2);
int command_failed(const char *what, err_t e, const struct why *why);

/* ERR_FORMAT: not one of them. */
MUST_CHECK err_t word_number(
    const char *text, int base, long min, long max, long *out);
MUST_CHECK err_t word_slot(const char *text, uint8_t *out);
MUST_CHECK err_t word_alg(const char *text, enum vcard_alg *out);
MUST_CHECK err_t word_hex(const char *text, struct buf *out);

#endif
