/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "scsd/users.h"

#include "test.h"

#define UID 61999

/* Run a shell line in a spawned child; what it writes to descriptor 3. */
static void
run(const char *line, bool drop, char *out, size_t cap)
{
	const char *argv[] = { "sh", "-c", line, NULL };
	struct spawn s = { .program = "/bin/sh",
		.argv = argv,
		.fds_n = 1,
		.drop = drop,
		.uid = UID,
		.gid = UID };
	int pipefd[2], status;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	s.fds[0] = pipefd[1];
	EXPECT_OK(spawn_child(&s, &pid));
	(void)close(pipefd[1]);
	while ((r = read(pipefd[0], out + n, cap - 1 - n)) > 0)
		n += (size_t)r;
	out[n] = '\0';
	(void)close(pipefd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

TEST(a_child_has_only_the_descriptors_it_was_given)
{
	char out[256];
	int stray = open("/dev/null", O_RDONLY);

	/* 0 to 2, ours, and the one ls opens itself */
	run("ls /proc/self/fd | tr '\\n' ' ' >&3", false, out, sizeof(out));
	assert_string_equal(out, "0 1 2 3 4 ");
	(void)close(stray);
}

TEST(a_child_gains_no_privileges_and_leaves_no_core)
{
	char out[256];

	run("grep NoNewPrivs /proc/self/status | tr -dc 01 >&3; ulimit -c >&3",
	    false, out, sizeof(out));
	assert_string_equal(out, "10\n");
}

TEST(a_child_has_no_environment)
{
	char out[4096];

	assert_int_equal(setenv("LD_LIBRARY_PATH", "/tmp", 1), 0);
	run("tr '\\0' '\\n' </proc/$$/environ >&3", false, out, sizeof(out));
	assert_string_equal(out, "");
	(void)unsetenv("LD_LIBRARY_PATH");
}

TEST(a_child_of_root_is_its_own_user_without_other_groups)
{
	char out[256];

	if (geteuid() != 0)
		skip(); /* only root can change the user */
	run("id -u >&3; id -G >&3; umask >&3", true, out, sizeof(out));
	assert_string_equal(out, "61999\n61999\n0077\n");
}

TEST(a_missing_program_is_named_before_anything_is_forked)
{
	const char *argv[] = { "x", NULL };
	struct spawn s = { .program = "/nonexistent/x", .argv = argv };
	pid_t pid = -1;

	EXPECT_ERR(ERR_ABSENT, spawn_child(&s, &pid), "missing program");
	assert_int_equal(pid, -1);
}

/* The one user id of workers that has a name here, and the group's; 0: none. */
static uid_t named_uid;
static gid_t named_gid;

struct passwd *
getpwuid(uid_t uid)
{
	static struct passwd somebody;

	return uid == named_uid ? &somebody : NULL;
}

struct group *
getgrgid(gid_t gid)
{
	static struct group some;

	return gid == named_gid ? &some : NULL;
}

TEST(workers_have_ids_of_their_own)
{
	bool taken[USERS_WORKERS] = { false };
	struct user_id a, b;
	unsigned int slot;

	EXPECT_OK(users_worker(taken, &slot, &a));
	assert_int_equal(slot, 0);
	assert_int_equal(a.uid, USERS_WORKER_FIRST);
	taken[0] = true;
	EXPECT_OK(users_worker(taken, &slot, &b));
	assert_int_not_equal(a.uid, b.uid);
	memset(taken, true, sizeof(taken));
	EXPECT_ERR(ERR_LIMIT, users_worker(taken, &slot, &a), "all taken");
}

TEST(an_id_that_somebody_has_named_is_skipped)
{
	bool taken[USERS_WORKERS] = { false };
	struct user_id a;
	unsigned int slot;

	named_uid = USERS_WORKER_FIRST;
	named_gid = USERS_WORKER_FIRST + 1;
	EXPECT_OK(users_worker(taken, &slot, &a));
	named_uid = named_gid = 0;
	assert_int_equal(slot, 2);
	assert_int_equal(a.uid, USERS_WORKER_FIRST + 2);
}

TEST(a_service_without_its_user_is_refused_outside_a_prefix)
{
	struct user_id id;

	EXPECT_ERR(ERR_ABSENT, users_service("no-such-user-x", 0, false, &id),
	    "system");
	EXPECT_OK(users_service("no-such-user-x", 0, true, &id));
	assert_int_equal(id.uid, USERS_BASE);
	EXPECT_ERR(ERR_ABSENT, users_service("root", 16, true, &id),
	    "root is never a service's user");
}

TEST_MAIN("scsd/spawn")
