/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power loss, as kill -9 after each system call with which a command touches
 * files. The state file is then the one before, the one after, or one of the
 * few between them that the command means to write; and a PIN's try is spent in
 * the file before anything that goes on looks at whether the PIN was right.
 */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "vcard/testcard.h"

#define CALLS_MAX 1000
#define STATES_MAX 6

struct job {
	const char *why;
	const char *hex;
	unsigned int left; /* tries of the PIN before */
	bool admin;
	size_t states; /* in all, with the first and the last */
};

/* What a command left in the file, killed after each call. */
struct run {
	struct buf states[STATES_MAX]; /* one after the other */
	size_t states_n;
	size_t changed_at; /* the call after which the first was gone */
	size_t calls_n;
	uint64_t calls[CALLS_MAX];
};

static char dir[64], file[80];

static void
run_done(struct run *r)
{
	for (size_t i = 0; i < r->states_n; i++)
		buf_done(&r->states[i]);
}

static struct vcard *
open_card(void)
{
	struct vcard *c = NULL;

	EXPECT_OK(vcard_open(file, &c, NULL));
	vcard_power(c, true);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	return c;
}

/* The child: everything is ready before it stops; then the one command. */
static void
child(const struct job *j)
{
	struct vcard *c = open_card();

	c->admin_ok = j->admin;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(2);
	(void)raise(SIGSTOP);
	(void)send_sw(c, j->hex);
	_exit(0);
}

/* Other calls, of the allocator say, change no file and come as they like. */
static bool
touches_files(uint64_t call)
{
	static const long calls[] = {
		SYS_openat,
		SYS_write,
		SYS_fchmod,
		SYS_fsync,
		SYS_close,
#ifdef SYS_rename
		SYS_rename,
		SYS_unlink,
#else
		SYS_renameat2,
		SYS_unlinkat,
#endif
	};

	for (size_t i = 0; i < nitems(calls); i++)
		if ((uint64_t)calls[i] == call)
			return true;
	return false;
}

/* To the next stop, in or out of a call. False: the command is over. */
static bool
next_stop(pid_t pid, struct __ptrace_syscall_info *info)
{
	int st;

	assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	if (WIFEXITED(st)) {
		assert_int_equal(WEXITSTATUS(st), 0);
		return false;
	}
	assert_true(WIFSTOPPED(st));
	assert_int_equal(WSTOPSIG(st), SIGTRAP | 0x80);
	assert_true(
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info) > 0);
	return true;
}

/* To the end of the next call that touches files, and which it is. */
static bool
next_call(pid_t pid, uint64_t *call)
{
	struct __ptrace_syscall_info info = { 0 };

	do {
		if (!next_stop(pid, &info))
			return false;
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
	    !touches_files(info.entry.nr));
	*call = info.entry.nr;
	return next_stop(pid, &info);
}

/* Killed after call `at` (from 1). False: the command was over before. */
static bool
killed_after(const struct job *j, size_t at, uint64_t *call)
{
	pid_t pid = fork();
	int st;

	assert_true(pid >= 0);
	if (pid == 0)
		child(j);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFSTOPPED(st));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			     PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL),
	    0);
	for (size_t k = 0; k < at; k++)
		if (!next_call(pid, call))
			return false;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	return true;
}

/* Keep what the file has now, unless it is what it had a call earlier. */
static void
keep_state(struct run *r, size_t at, const char *why)
{
	CLEANUP(buf_done) struct buf now = BUF_INIT(65536);

	EXPECT_OK(file_read(file, &now));
	if (r->states_n > 0 &&
	    span_eq(buf_span(&now), buf_span(&r->states[r->states_n - 1])))
		return;
	if (r->states_n == STATES_MAX)
		fail_msg("%s: too many states", why);
	if (r->states_n == 1)
		r->changed_at = at;
	buf_init(&r->states[r->states_n], 65536);
	buf_put(&r->states[r->states_n], buf_span(&now));
	EXPECT_OK(buf_status(&r->states[r->states_n]));
	r->states_n++;
}

static void
run_job(const struct job *j, struct span before, struct run *r)
{
	size_t at = 0;
	bool killed = true;

	*r = (struct run){ 0 };
	buf_init(&r->states[0], 65536);
	buf_put(&r->states[0], before);
	r->states_n = 1;
	while (killed && at < CALLS_MAX) {
		CLEANUP(vcard_free) struct vcard *c = NULL;
		struct why why = { 0 };

		at++;
		EXPECT_OK(file_write(file, 0600, before));
		killed = killed_after(j, at, &r->calls[at - 1]);
		EXPECT_ERR(ERR_OK, vcard_open(file, &c, &why), why.text);
		keep_state(r, at, j->why);
	}
	r->calls_n = at;
	assert_false(killed);
}

/* A card with objects and a key, its PIN counter at `left` of three. */
static void
prepare(const struct job *j, struct buf *before)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	EXPECT_OK(vcard_generate(c, 0x9e, VCARD_P256));
	for (unsigned int i = j->left; i < 3; i++)
		(void)send_sw(c, PIN_BAD);
	EXPECT_OK(vcard_attach(c, file));
	EXPECT_OK(file_read(file, before));
}

static unsigned int
tries_in(const struct buf *state)
{
	CLEANUP(vcard_free) struct vcard *c = NULL;

	EXPECT_OK(file_write(file, 0600, buf_span(state)));
	EXPECT_OK(vcard_open(file, &c, NULL));
	return vcard_tries(c, 0x80);
}

/* With what the killed ones left unfinished beside the file. */
static void
displace(void)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, NULL);
	char path[512];

	for (int i = 0; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		(void)unlink(path);
		free(names[i]);
	}
	free(names);
	assert_int_equal(rmdir(dir), 0);
}

static void
place(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test-vcard-power-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/card", dir);
}

TEST(killed_anywhere_a_command_leaves_one_state_or_another)
{
	/* clang-format off */
	static const struct job jobs[] = {
		{ "wrong PIN: counted", PIN_BAD, 3, false, 2 },
		{ "last try: blocked", PIN_BAD, 1, false, 2 },
		{ "right PIN: counted, given back", PIN_OK, 2, false, 3 },
		{ "right PIN, all tries left", PIN_OK, 3, false, 3 },
		{ "change: counted, given back, changed",
		    "0024008010313233343536ffff363534333231ffff", 2, false, 4 },
		{ "unblock: counted, given back, set",
		    "002c0080103132333435363738363534333231ffff", 0, false, 4 },
		{ "PUT DATA", "00db3fff095c035fc10553023130", 3, true, 2 },
		{ "PUT DATA, empty", "00db3fff075c035fc1025300", 3, true, 2 },
	};
	/* clang-format on */

	place();
	for (size_t i = 0; i < nitems(jobs); i++) {
		CLEANUP(buf_done) struct buf before = BUF_INIT(65536);
		CLEANUP(run_done) struct run r = { 0 };

		prepare(&jobs[i], &before);
		run_job(&jobs[i], buf_span(&before), &r);
		print_message("%s: %zu calls, %zu states\n", jobs[i].why,
		    r.calls_n, r.states_n);
		if (r.states_n != jobs[i].states)
			fail_msg("%s: wanted %zu states, got %zu", jobs[i].why,
			    jobs[i].states, r.states_n);
	}
	displace();
}

/*
 * A thief who sees when the card writes, and pulls it then, knows nothing that
 * has not cost a try: up to there a wrong PIN and a right one do the same.
 */
TEST(the_try_is_spent_in_the_file_before_the_pin_is_compared)
{
	static const struct job jobs[] = {
		{ "wrong", PIN_BAD, 2, false, 2 },
		{ "right", PIN_OK, 2, false, 3 },
	};
	CLEANUP(buf_done) struct buf before = BUF_INIT(65536);
	CLEANUP(run_done) struct run wrong = { 0 }, right = { 0 };

	place();
	prepare(&jobs[0], &before);
	run_job(&jobs[0], buf_span(&before), &wrong);
	run_job(&jobs[1], buf_span(&before), &right);
	assert_int_equal(tries_in(&wrong.states[1]), 1);
	assert_int_equal(tries_in(&right.states[1]), 1);
	assert_int_equal(tries_in(&right.states[2]), 3);
	assert_int_equal(wrong.changed_at, right.changed_at);
	assert_memory_equal(wrong.calls, right.calls,
	    wrong.changed_at * sizeof(wrong.calls[0]));
	displace();
}

TEST_MAIN("vcard/power")
