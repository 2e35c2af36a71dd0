/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of scs-authd: what a session is given, and who gets one. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "authd/flow.h"
#include "authd/limit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "test.h"

#define ASK AUTH_INTERACTIVE
#define FDS_MAX 32
#define LINK_MAX 128

struct fds {
	int n[FDS_MAX];
	char link[FDS_MAX][LINK_MAX];
	size_t count;
};

/* Field `i` (from 0) behind the name in /proc/PID/stat. */
static long
stat_field(pid_t pid, unsigned int i)
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

/* How many sessions run, and one of them. */
static size_t
sessions(pid_t *one)
{
	DIR *d = opendir("/proc");
	struct dirent *f;
	size_t n = 0;
	pid_t pid;

	assert_non_null(d);
	while ((f = readdir(d)) != NULL) {
		pid = (pid_t)strtol(f->d_name, NULL, 10);
		if (pid > 0 && stat_field(pid, 1) == (long)flow.authd) {
			*one = pid;
			n++;
		}
	}
	(void)closedir(d);
	return n;
}

static void
await_none(void)
{
	uint64_t until = deadline_in(20000);
	pid_t pid;

	while (sessions(&pid) > 0) {
		assert_true(clock_ms() < until);
		(void)usleep(10000);
	}
}

static void
fds_of(pid_t pid, struct fds *out)
{
	char folder[64];
	struct dirent *f;
	ssize_t n;
	DIR *d;

	(void)snprintf(folder, sizeof(folder), "/proc/%ld/fd", (long)pid);
	assert_non_null(d = opendir(folder));
	out->count = 0;
	while ((f = readdir(d)) != NULL) {
		char *link = out->link[out->count];

		if (f->d_name[0] == '.')
			continue;
		n = readlinkat(dirfd(d), f->d_name, link, LINK_MAX - 1);
		assert_true(n > 0 && out->count < FDS_MAX - 1);
		link[n] = '\0';
		out->n[out->count++] = (int)strtol(f->d_name, NULL, 10);
	}
	(void)closedir(d);
}

static bool
has(const struct fds *f, const char *link)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->n[i] > STDERR_FILENO && strcmp(f->link[i], link) == 0)
			return true;
	}
	return false;
}

TEST(a_session_holds_its_caller_and_nothing_of_the_service)
{
	CLEANUP(caller_done) struct caller c;
	struct fds service, session;
	pid_t pid = 0;

	if (geteuid() != 0)
		skip(); /* not dumpable: only root may look */
	flow_reset(FAKE_P256);
	await_none();
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	fds_of(flow.authd, &service);
	assert_int_equal(sessions(&pid), 1);
	fds_of(pid, &session);
	for (size_t i = 0; i < session.count; i++) {
		if (session.n[i] <= STDERR_FILENO)
			continue;
		if (strncmp(session.link[i], "socket:", 7) != 0)
			fail_msg("%d is %s", session.n[i], session.link[i]);
		if (has(&service, session.link[i]))
			fail_msg("%d is the service's", session.n[i]);
	}
	/* standard ones, caller, claims, token service */
	assert_int_equal(session.count, 3 + 3);
	assert_int_equal(caller_pin(&c, "123456", 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
}

static size_t
times_logged(const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(8 * 1024 * 1024);
	const char *at;
	size_t n = 0;

	EXPECT_OK(file_read(flow.log, &b));
	buf_put_u8(&b, 0);
	for (at = (char *)b.p; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* How many clock ticks of processor time it has used: utime and stime. */
static long
ticks_of(pid_t pid)
{
	return stat_field(pid, 11) + stat_field(pid, 12);
}

TEST(without_descriptors_callers_wait_and_the_service_rests)
{
	struct rlimit was, none;
	CLEANUP(caller_done) struct caller c;
	long before;

	flow_reset(FAKE_P256);
	assert_int_equal(prlimit(flow.authd, RLIMIT_NOFILE, NULL, &was), 0);
	none = (struct rlimit){ 1, was.rlim_max };
	assert_int_equal(prlimit(flow.authd, RLIMIT_NOFILE, &none, NULL), 0);
	before = ticks_of(flow.authd);
	caller_open(&c, geteuid());
	(void)usleep(1500 * 1000);
	/* a loop without rest would have used nearly all of it */
	assert_true(ticks_of(flow.authd) - before < sysconf(_SC_CLK_TCK) / 3);
	assert_int_equal(times_logged("callers wait"), 1);
	assert_int_equal(prlimit(flow.authd, RLIMIT_NOFILE, &was, NULL), 0);
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	assert_int_equal(caller_pin(&c, "123456", 0), AUTH_RESULT);
	assert_int_equal(c.verdict, VERDICT_OK);
}

#define ARD "<key>ignoreArd</key><true/>"
#define WAITING (LIMIT_AWAY + 1)

/* Somebody at that host is asked for a PIN, and does not answer. */
static bool
is_asked(struct caller *c, const char *rhost)
{
	caller_open(c, geteuid());
	if (caller_start(c, USER_A, rhost, ASK) == AUTH_PROMPT)
		return true;
	assert_int_equal(c->verdict, VERDICT_SERVICE);
	assert_non_null(strstr(c->reason, "too many logins"));
	return false;
}

TEST(hosts_cannot_take_the_sessions_of_the_seat)
{
	struct caller c[WAITING];
	char host[32];
	size_t asked = 0;

	flow_reset(FAKE_P256);
	flow_pref(PREFS_AUTHORIZATION, ARD);
	flow_settle();
	for (size_t i = 0; i < WAITING; i++) {
		(void)snprintf(host, sizeof(host), "192.0.2.%zu",
		    1 + i / (2 * LIMIT_AWAY_EACH));
		asked += is_asked(&c[i], host);
	}
	/* each host half of what it wanted */
	assert_int_equal(asked, LIMIT_AWAY / 2 + 1);
	assert_int_equal(flow_login(USER_A, "123456", 0), VERDICT_OK);
	for (size_t i = 0; i < WAITING; i++)
		caller_done(&c[i]);
	await_none();
	for (size_t i = 0; i < WAITING; i++) {
		(void)snprintf(host, sizeof(host), "198.51.100.%zu", i);
		assert_int_equal(is_asked(&c[i], host), i < LIMIT_AWAY);
	}
	assert_int_equal(flow_login(USER_A, "123456", 0), VERDICT_OK);
	for (size_t i = 0; i < WAITING; i++)
		caller_done(&c[i]);
}

FLOW_MAIN("authd/gate")
