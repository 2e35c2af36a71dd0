/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands and answers in one log. Input: u8 what (0: an answer, 1: a command,
 * else a reset), u8 length and bytes, again and again.
 *
 * Promise: what is no SELECT, GET DATA or GET RESPONSE shows no byte behind its
 * header, and its answer none before the status word.
 */
#include <string.h>

#include "fuzz.h"
#include "readerd/apdulog.h"

#define HEADER 4

static bool
may_be_shown(struct span cmd)
{
	return cmd.n >= HEADER && (cmd.p[0] & 0xec) == 0 &&
	    (cmd.p[1] == 0xa4 || cmd.p[1] == 0xcb || cmd.p[1] == 0xc0);
}

/* Of a line "APDU -> xx xx ...": how many bytes it shows. */
static size_t
shown(const char *line)
{
	const char *at = line + strlen("APDU ->");
	size_t n = 0;

	while ((at = strchr(at, ' ')) != NULL && at[1] != '(' && at[1] != '.') {
		n++;
		at++;
	}
	/* "(9 more bytes)" comes before an answer's status word */
	if (at != NULL && at[1] == '(' && (at = strchr(at, ')')) != NULL) {
		while ((at = strchr(at, ' ')) != NULL) {
			n++;
			at++;
		}
	}
	return n;
}

void
fuzz_one(struct span in)
{
	struct apdulog l = { .on = true };
	char line[APDULOG_LINE_MAX];
	bool open = false;
	struct span s;
	uint8_t what, n;

	while (span_u8(&in, &what) == ERR_OK && span_u8(&in, &n) == ERR_OK &&
	    span_take(&in, n < in.n ? n : in.n, &s) == ERR_OK) {
		memset(line, 'x', sizeof(line));
		if (what == 1) {
			apdulog_command(&l, s, line);
			open = may_be_shown(s);
			FUZZ_PROMISE(open || shown(line) <= HEADER);
		} else if (what == 0) {
			apdulog_answer(&l, s, line);
			FUZZ_PROMISE(open || shown(line) <= 2);
		} else {
			apdulog_reset(&l);
			continue;
		}
		FUZZ_PROMISE(memchr(line, '\0', sizeof(line)) != NULL);
		FUZZ_PROMISE(strncmp(line, "APDU ", 5) == 0);
	}
}
