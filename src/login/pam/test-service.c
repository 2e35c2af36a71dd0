/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Needs to be root for the rows about root's folders; an ordinary user runs
 * those about its own.
 */
#include "login/pam/service.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "test.h"

#define OTHER 64000 /* nobody's uid */

struct place {
	char dir[64]; /* the prefix */
	char run[256], sock[512];
	int fd;
};

/* A prefix below `base` with something listening on its auth.sock. */
static void
place_init(struct place *p, const char *base)
{
	(void)snprintf(p->dir, sizeof(p->dir), "%s/scs-test-XXXXXX", base);
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->run, sizeof(p->run), "%s%s", p->dir, PATH_RUN_DIR);
	(void)snprintf(
	    p->sock, sizeof(p->sock), "%s%s", p->dir, PATH_AUTH_SOCK);
	EXPECT_OK(file_mkdirs(p->run, 0755));
	EXPECT_OK(fd_listen_unix(p->sock, 0666, &p->fd));
}

static void
place_done(struct place *p)
{
	char path[512];

	fd_close(&p->fd);
	(void)unlink(p->sock);
	(void)rmdir(p->run);
	(void)snprintf(path, sizeof(path), "%s/run", p->dir);
	(void)rmdir(path);
	(void)rmdir(p->dir);
}

static err_t
try_connect(const struct place *p, bool privileged, uid_t uid)
{
	struct caller who = { privileged, uid };
	struct args a = { .prefix = p->dir };
	CLOSE_FD int fd = -1;
	struct why why = { 0 };
	err_t e = service_connect(&who, &a, deadline_in(2000), &fd, &why);

	if ((e == ERR_OK) != (fd >= 0))
		fail_msg("descriptor %d with %s", fd, err_name(e));
	if (e != ERR_OK && why.text[0] == '\0')
		fail_msg("no reason");
	return e;
}

TEST(an_ordinary_caller_trusts_its_own_folders_and_roots)
{
	struct place p;

	place_init(&p, "/tmp"); /* sticky, root's */
	EXPECT_ERR(ERR_OK, try_connect(&p, false, getuid()), "own");
	assert_int_equal(chmod(p.run, 0777), 0);
	EXPECT_ERR(ERR_DENIED, try_connect(&p, false, getuid()), "open");
	assert_int_equal(chmod(p.run, 0775), 0);
	EXPECT_ERR(ERR_DENIED, try_connect(&p, false, getuid()), "group");
	place_done(&p);
}

TEST(a_privileged_caller_does_not_trust_a_world_writable_folder)
{
	struct place p;

	place_init(&p, "/tmp");
	EXPECT_ERR(ERR_DENIED, try_connect(&p, true, getuid()), "/tmp");
	place_done(&p);
}

TEST(a_privileged_caller_trusts_roots_folders_alone)
{
	struct place p;

	if (getuid() != 0)
		skip();
	place_init(&p, "/run");
	EXPECT_ERR(ERR_OK, try_connect(&p, true, 0), "root's");
	assert_int_equal(chmod(p.run, 0775), 0);
	EXPECT_ERR(ERR_DENIED, try_connect(&p, true, 0), "group may write");
	assert_int_equal(chmod(p.run, 0755), 0);
	assert_int_equal(chown(p.run, OTHER, 0), 0);
	EXPECT_ERR(ERR_DENIED, try_connect(&p, true, 0), "another's");
	EXPECT_ERR(ERR_DENIED, try_connect(&p, false, OTHER + 1), "third");
	EXPECT_ERR(ERR_OK, try_connect(&p, false, OTHER), "its own");
	place_done(&p);
}

/* Listen as `uid`: SO_PEERCRED of a listener is who called listen(2). */
static void
listen_as(struct place *p, uid_t uid)
{
	assert_int_equal(chown(p->run, uid, (gid_t)-1), 0);
	fd_close(&p->fd);
	assert_int_equal(seteuid(uid), 0);
	EXPECT_OK(fd_listen_unix(p->sock, 0666, &p->fd));
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(p->run, 0, (gid_t)-1), 0);
}

TEST(the_peer_has_to_be_the_service)
{
	struct caller root = { true, 0 };
	struct args named = { .prefix = NULL };
	struct place p;
	CLOSE_FD int fd = -1;

	if (getuid() != 0)
		skip();
	place_init(&p, "/run");
	assert_int_equal(chmod(p.dir, 0755), 0);
	listen_as(&p, OTHER);
	EXPECT_ERR(ERR_DENIED, try_connect(&p, true, 0), "root, other peer");
	EXPECT_ERR(ERR_DENIED, try_connect(&p, true, OTHER), "set-id, own");
	EXPECT_ERR(ERR_DENIED, try_connect(&p, false, OTHER + 1), "third");
	EXPECT_ERR(ERR_OK, try_connect(&p, false, OTHER), "its own");
	named = (struct args){
		.prefix = p.dir, .have_auth_uid = true, .auth_uid = OTHER
	};
	EXPECT_OK(service_connect(&root, &named, deadline_in(2000), &fd, NULL));
	fd_close(&fd);
	named.auth_uid = OTHER + 1;
	EXPECT_ERR(ERR_DENIED,
	    service_connect(&root, &named, deadline_in(2000), &fd, NULL),
	    "another number");
	place_done(&p);
}

TEST(no_socket_and_no_listener_are_the_service_down)
{
	struct place p;

	place_init(&p, "/tmp");
	fd_close(&p.fd);
	EXPECT_ERR(ERR_SERVICE, try_connect(&p, false, getuid()), "stale");
	assert_int_equal(unlink(p.sock), 0);
	EXPECT_ERR(ERR_SERVICE, try_connect(&p, false, getuid()), "none");
	place_done(&p);
}

TEST(a_full_queue_costs_the_deadline)
{
	struct caller who = { false, getuid() };
	struct place p;
	struct args a;
	int fds[64], n = 0;
	uint64_t start;
	err_t e = ERR_OK;

	place_init(&p, "/tmp");
	a = (struct args){ .prefix = p.dir };
	assert_int_equal(listen(p.fd, 1), 0); /* a shorter queue */
	start = clock_ms();
	while (n < 64 && e == ERR_OK) {
		fds[n] = -1;
		e = service_connect(&who, &a, deadline_in(300), &fds[n], NULL);
		n += e == ERR_OK ? 1 : 0;
	}
	EXPECT_ERR(ERR_TIMEOUT, e, "queue full");
	assert_in_range(clock_ms() - start, 250, 20000);
	while (n > 0)
		fd_close(&fds[--n]);
	place_done(&p);
}

TEST_MAIN("login/pam/service")
