/* SPDX-License-Identifier: BSD-2-Clause */
/* What a running scs-authd shows of itself: its log and its sessions. Nothing
 * here takes it for granted that something is over after so many milliseconds. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "authd/flow.h"
#include "base/clock.h"
#include "base/file.h"
#include "ipc/control.h"

#define PATIENCE_MS 60000 /* whoever waits longer waits for ever */

static size_t read_before; /* how often it had read everything */

size_t
flow_times_logged(const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(8 * 1024 * 1024);
	const char *at;
	size_t n = 0;

	if (access(flow.log, F_OK) != 0)
		return 0;
	assert_int_equal(file_read(flow.log, &b), ERR_OK);
	buf_put_u8(&b, 0);
	for (at = (char *)b.p; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

bool
flow_logged(const char *text)
{
	return flow_times_logged(text) > 0;
}

void
flow_await_logged(const char *text, size_t times)
{
	uint64_t until = deadline_in(PATIENCE_MS);

	while (flow_times_logged(text) < times) {
		if (clock_ms() >= until)
			fail_msg("not logged: \"%s\"", text);
		(void)usleep(10000);
	}
}

#define READ "preferences and records read"

void
flow_will_change(void)
{
	read_before = flow_times_logged(READ);
}

void
flow_settle(void)
{
	const struct control again = { .type = CONTROL_RELOAD };

	flow_await_logged(READ, read_before + 1);
	/* that may have been an earlier change's, begun before the last one */
	flow_will_change();
	assert_int_equal(control_send(flow.control, &again, -1), ERR_OK);
	flow_await_logged(READ, read_before + 1);
}

long
flow_stat(pid_t pid, unsigned int i)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	char path[64], *at;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if (file_read(path, &b) != ERR_OK)
		return -1;
	buf_put_u8(&b, 0);
	if ((at = strrchr((char *)b.p, ')')) == NULL)
		return -1;
	for (at += 1; i > 0 && at != NULL; i--)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtol(at + 1, NULL, 10);
}

size_t
flow_sessions(pid_t *one)
{
	DIR *d = opendir("/proc");
	struct dirent *f;
	size_t n = 0;
	pid_t pid;

	assert_non_null(d);
	while ((f = readdir(d)) != NULL) {
		pid = (pid_t)strtol(f->d_name, NULL, 10);
		if (pid > 0 && flow_stat(pid, 1) == (long)flow.authd) {
			*one = pid;
			n++;
		}
	}
	(void)closedir(d);
	return n;
}

void
flow_await_no_session(void)
{
	uint64_t until = deadline_in(PATIENCE_MS);
	pid_t pid;

	while (flow_sessions(&pid) > 0) {
		assert_true(clock_ms() < until);
		(void)usleep(10000);
	}
}
