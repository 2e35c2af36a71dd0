/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/peer.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "test.h"

TEST(peer_is_who_connected)
{
	struct peer p;
	int s[2], null = -1;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	EXPECT_OK(peer_get(s[0], &p));
	assert_int_equal(p.uid, geteuid());
	assert_int_equal(p.gid, getegid());
	assert_int_equal(p.pid, getpid());
	EXPECT_ERR(ERR_IO, peer_get(null, &p), "no descriptor");
	EXPECT_ERR(ERR_IO, peer_get(STDERR_FILENO, &p), "no socket");
	fd_close(&s[0]);
	fd_close(&s[1]);
}

/* A child with these groups connects; what does the listener see? */
static void
expect_groups(const char *path, int listener, gid_t primary, gid_t extra,
    gid_t asked, bool want)
{
	int client = -1, got, status;
	pid_t pid = fork();
	char c;

	if (pid == 0) {
		if (setgroups(1, &extra) != 0 || setgid(primary) != 0 ||
		    setuid(65534) != 0 ||
		    fd_connect_unix(path, &client) != ERR_OK)
			_exit(1);
		(void)!read(client, &c, 1); /* until it has been looked at */
		_exit(0);
	}
	for (int i = 0; i < 3000 && (got = accept(listener, NULL, NULL)) < 0;
	     i++)
		(void)usleep(10000);
	assert_true(got >= 0);
	if (peer_in_group(got, asked) != want)
		fail_msg("group %u of %u + %u", (unsigned int)asked,
		    (unsigned int)primary, (unsigned int)extra);
	fd_close(&got);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(peer_in_group_knows_primary_and_further_groups)
{
	char dir[] = "/tmp/scs-test-peer-XXXXXX", path[64];
	int listener = -1;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	EXPECT_OK(fd_listen_unix(path, 0666, &listener));
	expect_groups(path, listener, 4001, 4002, 4001, true);
	expect_groups(path, listener, 4001, 4002, 4002, true);
	expect_groups(path, listener, 4001, 4002, 4003, false);
	expect_groups(path, listener, 4001, 4002, 0, false);
	fd_close(&listener);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* These are the same on every machine. */
TEST(peer_path_is_trusted_only_when_all_of_it_is_roots)
{
	static const struct {
		const char *why, *path;
		err_t want;
	} rows[] = {
		{ "root's", "/usr/lib/x", ERR_OK },
		{ "in the root", "/x", ERR_OK },
		{ "two slashes", "/usr//lib/x", ERR_OK },
		{ "sticky", "/tmp/x", ERR_DENIED },
		{ "missing folder", "/usr/no-such-folder/x", ERR_DENIED },
		{ "a file as a folder", "/etc/passwd/x", ERR_DENIED },
		{ "relative", "usr/lib/x", ERR_DENIED },
		{ "empty", "", ERR_DENIED },
	};

	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, peer_path_trusted(rows[i].path), rows[i].why);
}

static void
expect_folder(const char *why, mode_t mode, uid_t uid, err_t want)
{
	char dir[] = "/run/scs-test-peer-XXXXXX", path[64];
	err_t got;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)!chown(dir, uid, 0);
	(void)chmod(dir, mode);
	got = peer_path_trusted(path);
	(void)rmdir(dir);
	EXPECT_ERR(want, got, why);
}

TEST(peer_path_is_refused_where_somebody_else_could_change_it)
{
	if (geteuid() != 0 || peer_path_trusted("/run/x") != ERR_OK)
		skip();
	expect_folder("root's", 0755, 0, ERR_OK);
	expect_folder("group writes", 0775, 0, ERR_DENIED);
	expect_folder("others write", 0757, 0, ERR_DENIED);
	expect_folder("sticky", 01777, 0, ERR_DENIED);
	expect_folder("nobody's", 0755, 65534, ERR_DENIED);
}

TEST(peer_path_through_a_link_is_refused)
{
	char dir[] = "/run/scs-test-peer-XXXXXX", link[64], path[80];
	err_t got;

	if (geteuid() != 0 || peer_path_trusted("/run/x") != ERR_OK)
		skip();
	assert_non_null(mkdtemp(dir));
	(void)snprintf(link, sizeof(link), "%s/l", dir);
	(void)snprintf(path, sizeof(path), "%s/s", link);
	(void)chmod(dir, 0755);
	assert_int_equal(symlink("/usr/lib", link), 0);
	got = peer_path_trusted(path);
	(void)unlink(link);
	(void)rmdir(dir);
	EXPECT_ERR(ERR_DENIED, got, "a link");
}

TEST_MAIN("ipc/peer")
