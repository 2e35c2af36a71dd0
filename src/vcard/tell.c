/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-vcard tell: one line to the control socket of a card that runs, its
 * answer on standard output. Exit status 1 when the answer is an error.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "vcard/command.h"

#define ANSWER_MAX (1024 * 1024)
#define WAIT_MS 10000

/* Up to the line that says how it went, which is not printed when it is "ok". */
static err_t
read_answer(int fd, struct buf *line, bool *ok)
{
	uint64_t deadline = deadline_in(WAIT_MS);
	uint8_t c;
	err_t e;

	for (;;) {
		if ((e = fd_read_n(fd, &c, 1, deadline)))
			return e;
		if (c != '\n') {
			buf_put_u8(line, c);
			continue;
		}
		buf_put_u8(line, 0);
		if ((e = buf_status(line)))
			return e;
		*ok = strcmp((const char *)line->p, "ok") == 0;
		if (*ok)
			return ERR_OK;
		(void)puts((const char *)line->p);
		if (strncmp((const char *)line->p, "error: ", 7) == 0)
			return ERR_OK;
		buf_reset(line);
	}
}

static err_t
send_words(int fd, char **words)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(65536);

	for (; *words != NULL; words++) {
		buf_put(&out, span_str(*words));
		buf_put_u8(&out, words[1] != NULL ? ' ' : '\n');
	}
	if (buf_status(&out) != ERR_OK)
		return buf_status(&out);
	return fd_write_all(fd, buf_span(&out), deadline_in(WAIT_MS));
}

int
tell_main(int argc, char **argv)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(ANSWER_MAX);
	CLOSE_FD int fd = -1;
	bool ok = false;
	err_t e;

	if (argc < 3)
		return command_usage("tell: SOCKET and a command are wanted");
	if ((e = fd_connect_unix(argv[1], &fd)) ||
	    (e = send_words(fd, argv + 2)) || (e = read_answer(fd, &line, &ok)))
		return command_failed(argv[1], e, NULL);
	return ok ? EXIT_OK : EXIT_FAILED;
}
