/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections against a service that does what it should not. It has written
 * everything it will say before it is asked: the answers wait in the socket.
 */
#include "keychain/link.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "ipc/token-proto.h"
#include "keychain/test-pair.h"

static void
say(struct pair *p, uint16_t type, const char *body, size_t n)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, type);
	buf_put(&m.body, span_from(body, n));
	EXPECT_OK(msg_send(p->service, &m, deadline_in(1000)));
}

static void
say_list(struct pair *p)
{
	say(p, TOK_ANSWER, "\0\0\0\0", 4); /* ERR_OK, no tokens */
}

static int
list(struct scs *s)
{
	const struct scs_token *t;
	size_t n;

	return scs_list(s, &t, &n);
}

TEST(link_takes_events_between_answers)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int changed = -1;

	say(&p, TOK_ANSWER, "\0\0", 2);
	assert_int_equal(scs_watch(p.s), SCS_OK);
	assert_int_equal(scs_changed(p.s, &changed), SCS_OK);
	assert_int_equal(changed, 0);
	say(&p, TOK_EVENT, "", 0);
	say(&p, TOK_EVENT, "", 0);
	say_list(&p);
	assert_int_equal(list(p.s), SCS_OK);
	assert_int_equal(scs_changed(p.s, &changed), SCS_OK);
	assert_int_equal(changed, 1); /* though nothing is readable */
	assert_int_equal(scs_changed(p.s, &changed), SCS_OK);
	assert_int_equal(changed, 0);
	say(&p, TOK_EVENT, "", 0);
	assert_int_equal(scs_changed(p.s, &changed), SCS_OK);
	assert_int_equal(changed, 1);
}

struct said {
	const char *why;
	uint16_t type;
	const char *body;
	size_t n;
	int want;
	bool alive; /* may the connection be used afterwards? */
};

static void
check(const struct said *row)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int got;

	say(&p, row->type, row->body, row->n);
	got = list(p.s);
	if (got != row->want)
		fail_msg("%s: wanted %d, got %d", row->why, row->want, got);
	if ((scs_fd(p.s) >= 0) != row->alive)
		fail_msg("%s: alive is %d", row->why, !row->alive);
	if (scs_reason(p.s)[0] == '\0')
		fail_msg("%s: no reason", row->why);
	if (!row->alive)
		assert_int_equal(list(p.s), SCS_SERVICE);
}

#define REFUSED "\0\x10\0\0\0\x02no\xff" /* ERR_DENIED, "no", tries unknown */

TEST(link_believes_no_answer)
{
	/* clang-format off */
	static const struct said rows[] = {
		{ "a refusal", TOK_ANSWER, REFUSED, 9, SCS_DENIED, true },
		{ "a failure nobody knows", TOK_ANSWER, "\x7f\xff\0\0\0\x02no\xff",
		  9, SCS_INVALID, true },
		{ "a list that is none", TOK_ANSWER, "\0\0\0", 3, SCS_INVALID,
		  true },
		{ "an empty answer", TOK_ANSWER, "", 0, SCS_SERVICE, false },
		{ "half a result", TOK_ANSWER, "\0", 1, SCS_SERVICE, false },
		{ "a refusal without tries", TOK_ANSWER, REFUSED, 8, SCS_SERVICE,
		  false },
		{ "a refusal and a byte", TOK_ANSWER, REFUSED "x", 10,
		  SCS_SERVICE, false },
		{ "an escape in the reason", TOK_ANSWER, "\0\x10\0\0\0\x02\x1b[\xff",
		  9, SCS_SERVICE, false },
		{ "an event nobody asked for", TOK_EVENT, "", 0, SCS_SERVICE,
		  false },
		{ "another type", TOK_LIST, "\0\0\0\0", 4, SCS_SERVICE, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(rows); i++)
		check(&rows[i]);
}

TEST(link_refuses_a_secret_from_the_service)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	EXPECT_OK(fd_write_all(p.service,
	    span_from("\0\0\0\x04\0\x80\0\x01\0\0\0\0x", 13),
	    deadline_in(1000)));
	assert_int_equal(list(p.s), SCS_SERVICE);
	assert_int_equal(scs_fd(p.s), -1);
}

TEST(link_cut_frame_ends_the_connection)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	EXPECT_OK(fd_write_all(p.service,
	    span_from("\0\0\0\x04\0\x80\0\0\0\0", 10), deadline_in(1000)));
	(void)shutdown(p.service, SHUT_WR);
	assert_int_equal(list(p.s), SCS_SERVICE);
	assert_int_equal(scs_fd(p.s), -1);
}

TEST(link_no_answer_in_time_ends_the_connection)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	uint64_t begin = clock_ms();

	scs_set_timeout(p.s, 50);
	assert_int_equal(list(p.s), SCS_TIMEOUT);
	assert_true(clock_ms() - begin < 20000); /* of a loaded machine */
	assert_int_equal(scs_fd(p.s), -1);
	assert_int_equal(list(p.s), SCS_SERVICE);
}

TEST(link_service_that_went_is_not_a_removed_card)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	fd_close(&p.service);
	assert_int_equal(list(p.s), SCS_SERVICE);
}

/* The child may not use it, and closing it there must not end the session. */
/* A service that says "changed" for ever, faster than it can be heard. */
static pid_t
flood(struct pair *p)
{
	static const uint8_t event[] = { 0, 0, 0, 0, 0, TOK_EVENT, 0, 0 };
	uint8_t many[4096 * sizeof(event)];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = event[i % sizeof(event)];
	for (;;)
		if (fd_write_all(
			p->service, SPAN_OF(many), deadline_in(5000)) != ERR_OK)
			_exit(0);
}

TEST(link_a_flood_of_events_lasts_no_longer_than_the_deadline)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	uint64_t begin;
	int changed = 0;
	pid_t pid;

	p.s->watching = true;
	pid = flood(&p);
	assert_int_equal(
	    poll(&(struct pollfd){ p.s->fd, POLLIN, 0 }, 1, 20000), 1);
	assert_int_equal(scs_changed(p.s, &changed), SCS_OK);
	assert_int_equal(changed, 1);
	scs_set_timeout(p.s, 200);
	begin = clock_ms();
	assert_int_equal(list(p.s), SCS_TIMEOUT);
	assert_int_equal(scs_fd(p.s), -1);
	assert_true(clock_ms() - begin < 20000);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

TEST(link_belongs_to_the_process_that_opened_it)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int status = 0;
	pid_t pid;

	say_list(&p);
	if ((pid = fork()) == 0) {
		int ok = scs_fd(p.s) == -1 && list(p.s) == SCS_SERVICE;

		scs_close(&p.s);
		_exit(ok && p.s == NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(list(p.s), SCS_OK);
}

/* Root's PIN goes to no service that somebody else could have put there. */
TEST(link_root_trusts_a_path_of_roots_alone)
{
	char dir[] = "/tmp/scs-test-link.XXXXXX", run[64], scs[96];
	char path[128];
	struct scs *s = NULL;
	CLOSE_FD int fd = -1;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	(void)snprintf(run, sizeof(run), "%s/run", dir);
	(void)snprintf(scs, sizeof(scs), "%s/scs", run);
	(void)snprintf(path, sizeof(path), "%s/token.sock", scs);
	EXPECT_OK(file_mkdirs(scs, 0755));
	EXPECT_OK(fd_listen_unix(path, 0666, &fd));
	/* anybody can write in /tmp */
	assert_int_equal(scs_open(dir, &s), SCS_DENIED);
	assert_null(s);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(scs), 0);
	assert_int_equal(rmdir(run), 0);
	assert_int_equal(rmdir(dir), 0);
}

TEST(link_accepts_null)
{
	struct scs *none = NULL;
	int x;

	scs_close(&none);
	scs_close(NULL);
	scs_set_timeout(NULL, 1);
	assert_int_equal(scs_fd(NULL), -1);
	assert_int_equal(list(NULL), SCS_INVALID);
	assert_int_equal(scs_watch(NULL), SCS_INVALID);
	assert_int_equal(scs_changed(NULL, &x), SCS_INVALID);
	assert_string_equal(scs_reason(NULL), "");
	assert_int_equal(scs_open("relative", &none), SCS_INVALID);
	assert_int_equal(scs_open("/nonexistent", &none), SCS_SERVICE);
	assert_int_equal(scs_open(NULL, NULL), SCS_INVALID);
	assert_null(none);
}

TEST_MAIN("keychain/link")
