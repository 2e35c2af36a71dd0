/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver prints. Input: u8 length and bytes, again and again: one read
 * each.
 *
 * Promise: each line of ours begins as ours do, and says whose words they are.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "readerd/said.h"

static char text[64 * 1024];

static void
check_line(const char *line)
{
	FUZZ_PROMISE(line[0] == '<' && strchr("3457", line[1]) != NULL);
	FUZZ_PROMISE(strncmp(line + 2, ">fuzz[", 6) == 0);
	FUZZ_PROMISE(strstr(line, "]: reader driver 7") != NULL);
}

static void
check_log(int file)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	char *line = text, *end;

	FUZZ_PROMISE(n >= 0);
	text[n] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		check_line(line);
		line = end + 1;
	}
}

void
fuzz_one(struct span in)
{
	CLOSE_FD int file = memfd_create("log", MFD_CLOEXEC);
	struct said said;
	struct span s;
	uint8_t n;

	FUZZ_PROMISE(file >= 0);
	log_init("fuzz", file, LOG_LV_DEBUG);
	said_init(&said, 7);
	while (span_u8(&in, &n) == ERR_OK &&
	    span_take(&in, n < in.n ? n : in.n, &s) == ERR_OK)
		said_feed(&said, s);
	said_close(&said);
	check_log(file);
	log_init("fuzz", STDERR_FILENO, LOG_LV_NOTICE);
}
