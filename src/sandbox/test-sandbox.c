/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/tries.h"

#include "test.h"

#define OURS (~((unsigned int)SANDBOX_FOREIGN | SANDBOX_INTERNET))
#define FOREIGN                                                           \
	((unsigned int)SANDBOX_FOREIGN | SANDBOX_SOCKETS | SANDBOX_LOOP | \
	    SANDBOX_READ_FILES)

struct row {
	const char *why;
	int (*try)(void);
	unsigned int groups;
	bool want;
};

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (works(rows[i].groups, rows[i].try) != rows[i].want)
			fail_msg("%s: %s", rows[i].why,
			    rows[i].want ? "refused" : "allowed");
	}
}

TEST(a_group_opens_exactly_its_door)
{
	static const struct row rows[] = {
		{ "compute: digest", try_digest, SANDBOX_COMPUTE, true },
		{ "compute: open", try_open_read, SANDBOX_COMPUTE, false },
		{ "files: open", try_open_read, SANDBOX_READ_FILES, true },
		{ "files: write", try_open_write, SANDBOX_READ_FILES, false },
		{ "compute: unix", try_unix, SANDBOX_COMPUTE, false },
		{ "connect: unix", try_unix, SANDBOX_CONNECT, true },
		{ "connect: bind", try_bind, SANDBOX_CONNECT, false },
		{ "connect: inet", try_inet, SANDBOX_CONNECT, false },
		{ "compute: fork", try_fork, SANDBOX_COMPUTE, false },
		{ "fork: fork", try_fork, SANDBOX_FORK, true },
		{ "fork: exec", try_exec, SANDBOX_FORK, false },
		{ "all: exec", try_exec, OURS, false },
		{ "all: ptrace", try_ptrace, OURS, false },
		{ "compute: kill", try_kill, SANDBOX_COMPUTE, false },
		{ "compute: tgkill", try_tgkill, SANDBOX_COMPUTE, false },
		{ "compute: raise", try_raise, SANDBOX_COMPUTE, true },
		{ "all: limits of another", try_limit_of_another, OURS, false },
		{ "all: namespace", try_namespace, OURS, false },
		{ "strangers: library", try_library,
		    SANDBOX_READ_FILES | SANDBOX_STRANGERS, true },
		{ "files: library", try_library, SANDBOX_READ_FILES, false },
		{ "strangers: code in memory", try_memory_that_says_file, OURS,
		    false },
		{ "strangers: changed code", try_library_to_be_changed, OURS,
		    false },
		{ "all: setuid", try_setuid, OURS, false },
		{ "all: inet", try_inet, OURS, false },
		{ "all: code", try_executable_memory, OURS, false },
		{ "sockets: typing into a terminal", try_typing,
		    SANDBOX_SOCKETS, false },
		{ "sockets: how much is there", try_fionread,
		    SANDBOX_SOCKETS | SANDBOX_LOOP, true },
		{ "all: dumpable again", try_dumpable, OURS, false },
		{ "narrow: outlives its parent", try_outlive, SANDBOX_NARROW,
		    false },
		{ "narrow: dies with its parent", try_die_along, SANDBOX_NARROW,
		    true },
#if defined(__x86_64__)
		{ "compute: i386", try_i386, SANDBOX_COMPUTE, false },
		{ "compute: x32", try_x32, SANDBOX_COMPUTE, false },
#endif
	};

	check_rows(rows, nitems(rows));
}

TEST(code_of_others_has_threads_and_devices_and_little_else)
{
	static const struct row rows[] = {
		{ "foreign: bind", try_bind, FOREIGN, true },
#if defined(__x86_64__)
		{ "foreign: i386", try_i386, FOREIGN, false },
		{ "foreign: x32", try_x32, FOREIGN, false },
#endif
		{ "foreign: thread", try_thread, FOREIGN, true },
		{ "foreign: inet", try_inet, FOREIGN, false },
		{ "foreign, internet: inet", try_inet,
		    FOREIGN | SANDBOX_INTERNET, true },
		{ "foreign: typing into a terminal", try_typing, FOREIGN,
		    false },
		{ "foreign: the same with more bits", try_typing_at_length,
		    FOREIGN, false },
		{ "foreign: what devices are asked", try_device_request,
		    FOREIGN, true },
		{ "foreign: how a serial line is set", try_serial_request,
		    FOREIGN, true },
		{ "foreign: outlives its parent", try_outlive,
		    FOREIGN | SANDBOX_NARROW, false },
		{ "foreign: pidfd", try_pidfd, FOREIGN, false },
		{ "foreign: packet", try_packet, FOREIGN, false },
		{ "foreign: device", try_device, FOREIGN, true },
		{ "foreign: new file", try_open_write, FOREIGN, false },
		{ "foreign: fork", try_fork, FOREIGN, false },
		{ "foreign: exec", try_exec, FOREIGN, false },
		{ "foreign: ptrace", try_ptrace, FOREIGN, false },
		{ "foreign: kill", try_kill, FOREIGN, false },
		{ "foreign: thread of another", try_tgkill, FOREIGN, false },
		{ "foreign: setuid", try_setuid, FOREIGN, false },
		{ "foreign: code", try_executable_memory, FOREIGN, false },
	};

	check_rows(rows, nitems(rows));
}

static int
try_narrow_then_open(void)
{
	if (sandbox_enter(SANDBOX_COMPUTE) != ERR_OK)
		return 0; /* a failure here must not look like a refusal */
	return try_open_read();
}

TEST(a_child_can_narrow_itself_down)
{
	assert_true(works(SANDBOX_READ_FILES, try_open_read));
	assert_false(
	    works(SANDBOX_READ_FILES | SANDBOX_NARROW, try_narrow_then_open));
}

static int news[2];

/* Made before the filter, used after it. */
static void *
early_thread(void *arg UNUSED)
{
	char c;

	while (read(news[0], &c, 1) != 1)
		;
	return try_open_write() == 0 ? &news[0] : NULL;
}

static int
try_early_thread(void)
{
	void *got = NULL;
	pthread_t t;

	if (pipe2(news, 0) != 0 ||
	    pthread_create(&t, NULL, early_thread, NULL) != 0)
		return 0;
	if (sandbox_enter(FOREIGN) != ERR_OK)
		return 0;
	return write(news[1], "x", 1) != 1 || pthread_join(t, &got) != 0 ||
		got != NULL
	    ? 0
	    : 1;
}

TEST(a_thread_that_was_there_before_is_confined_too)
{
	int status;
	pid_t p = fork();

	assert_true(p >= 0);
	if (p == 0)
		_exit(sandbox_harden() == ERR_OK ? try_early_thread() : 0);
	assert_int_equal(waitpid(p, &status, 0), p);
	(void)unlink("/tmp/scs-test-sandbox");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

/* Whoever has no terminal cannot type into one. */
TEST(a_hardened_process_leads_a_session_of_its_own)
{
	int status;
	pid_t p = fork();

	assert_true(p >= 0);
	if (p == 0)
		_exit(sandbox_harden() == ERR_OK && getsid(0) == getpid() ? 0
									  : 1);
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
check_hardened(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) != 0)
		return 1;
	return core.rlim_max != 0;
}

TEST(a_hardened_process_leaves_no_core)
{
	assert_true(works(SANDBOX_LOOP, check_hardened));
}

/* An ordinary user with the usual few megabytes to lock. */
static bool
can_allocate_under_a_low_limit(void)
{
	struct rlimit low = { 0, 0 };
	char *p = NULL;

	/* enough for what is there, not for what comes */
	if (getrlimit(RLIMIT_MEMLOCK, &low) != 0)
		return false;
	if (low.rlim_max > 64 << 20)
		low.rlim_max = 64 << 20;
	low.rlim_cur = low.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &low) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0 || sandbox_harden() != ERR_OK)
		return false;
	if ((p = malloc(128 << 20)) == NULL)
		return false;
	memset(p, 1, 128 << 20);
	free(p);
	return true;
}

TEST(a_low_limit_of_locked_memory_fails_no_later_allocation)
{
	int status = 0;
	pid_t p;

	if (geteuid() != 0)
		skip();
	if ((p = fork()) == 0)
		_exit(can_allocate_under_a_low_limit() ? 0 : 1);
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

TEST_MAIN("sandbox")
