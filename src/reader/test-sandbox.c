/* SPDX-License-Identifier: BSD-2-Clause */
/* Each forbidden thing is tried in a child that must die of it. */
#include "reader/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void
try_exec(void)
{
	char *argv[] = { NULL };

	(void)execve("/bin/true", argv, argv);
}

static void
try_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void
try_write_file(void)
{
	(void)open("/dev/null", O_WRONLY);
}

static void
try_setuid(void)
{
	if (setuid(getuid()) != 0)
		return;
}

static void
try_read_file(void)
{
	(void)open("/dev/null", O_RDONLY);
}

/* The signal that ended a child which did `what` in the sandbox; 0: none. */
static int
fate(void (*what)(void), bool reading)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_private() != ERR_OK ||
		    prctl(PR_GET_DUMPABLE) != 0 ||
		    (reading ? sandbox_enter_reading(NULL, 0)
			     : sandbox_enter(NULL, 0)) != ERR_OK)
			_exit(9);
		what();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(what_is_not_allowed_kills)
{
	assert_int_equal(fate(try_exec, false), SIGSYS);
	assert_int_equal(fate(try_socket, false), SIGSYS);
	assert_int_equal(fate(try_setuid, true), SIGSYS);
}

TEST(reading_is_allowed_only_where_asked_for)
{
	assert_int_equal(fate(try_read_file, true), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
	assert_int_equal(fate(try_read_file, false), SIGSYS);
	assert_int_equal(fate(try_write_file, true), SIGSYS);
#else
	(void)try_write_file;
#endif
}

TEST_MAIN("reader/sandbox")
