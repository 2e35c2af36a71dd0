/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asked for an examination dies in the middle of it. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ident/cert.h"
#include "test.h"

#define PATIENCE_MS 60000
#define OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

static struct buf der;

/* A process that does that, and is traced. */
static pid_t
asker(void)
{
	struct cert_facts f;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			_exit(77);
		(void)raise(SIGSTOP);
		(void)!cert_examine(
		    buf_span(&der), deadline_in(PATIENCE_MS), &f, NULL);
		_exit(0);
	}
	return pid;
}

static void
stops(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
}

/* Its child, which stops before its first instruction. */
static pid_t
child_of(pid_t pid)
{
	unsigned long child = 0;

	stops(pid);
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS), 0);
	assert_int_equal(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	stops(pid); /* at its fork */
	assert_int_equal(ptrace(PTRACE_GETEVENTMSG, pid, 0, &child), 0);
	assert_int_equal(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	stops((pid_t)child);
	return (pid_t)child;
}

/* It has its answer, and is about to write it. */
static void
goes_on_to_its_answer(pid_t child)
{
	struct __ptrace_syscall_info info = { 0 };

	do {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, 0, 0), 0);
		stops(child);
		assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info),
				&info) > 0);
	} while (
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_write);
}

static bool
is_killed(pid_t pid)
{
	uint64_t until = deadline_in(PATIENCE_MS);
	int status = 0;

	while (waitpid(pid, &status, WNOHANG | __WALL) == 0) {
		if (clock_ms() >= until)
			return false;
		(void)usleep(1000);
	}
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(the_child_ends_with_who_asked_though_it_is_stopped)
{
	pid_t pid, child;

	buf_init(&der, CERT_MAX);
	EXPECT_OK(cert_init());
	EXPECT_OK(file_read(SEEDS "/p256.der", &der));
	pid = asker();
	child = child_of(pid);
	goes_on_to_its_answer(child);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(is_killed(pid));
	if (!is_killed(child)) {
		(void)kill(child, SIGKILL);
		fail_msg("it is left behind");
	}
	buf_done(&der);
}

TEST_MAIN("ident/examine")
