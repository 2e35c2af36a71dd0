/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of scs-authd: what a session is given, and who gets one. */
#include <dirent.h>
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
	flow_await_no_session();
	caller_open(&c, geteuid());
	assert_int_equal(caller_start(&c, USER_A, "", ASK), AUTH_PROMPT);
	fds_of(flow.authd, &service);
	assert_int_equal(flow_sessions(&pid), 1);
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

/* How many clock ticks of processor time it has used: utime and stime. */
static long
ticks_of(pid_t pid)
{
	return flow_stat(pid, 11) + flow_stat(pid, 12);
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
	caller_open(&c, geteuid());
	flow_await_logged("callers wait", 1);
	before = ticks_of(flow.authd);
	(void)usleep(1500 * 1000);
	/* a loop without rest would have used nearly all of it */
	assert_true(ticks_of(flow.authd) - before < sysconf(_SC_CLK_TCK) / 3);
	assert_int_equal(flow_times_logged("callers wait"), 1);
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
	flow_await_no_session();
	for (size_t i = 0; i < WAITING; i++) {
		(void)snprintf(host, sizeof(host), "198.51.100.%zu", i);
		assert_int_equal(is_asked(&c[i], host), i < LIMIT_AWAY);
	}
	assert_int_equal(flow_login(USER_A, "123456", 0), VERDICT_OK);
	for (size_t i = 0; i < WAITING; i++)
		caller_done(&c[i]);
}

FLOW_MAIN("authd/gate")
