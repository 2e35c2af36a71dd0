/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: scs-authd itself in a private prefix, the fake token service, and
 * a caller that speaks ipc/auth-proto.h.
 */
#ifndef SCS_AUTHD_FLOW_H
#define SCS_AUTHD_FLOW_H

#include "authd/fake-tokend.h"
#include "authd/frames.h"
#include "prefs/prefs.h"

struct flow {
	char dir[64];
	char auth[128], token[128], log[128];
	pid_t authd, tokend;
	int control; /* what scsd would hold */
	struct fake *fake;
};

extern struct flow flow;

/* Two users that every system has; the cards are theirs. */
#define USER_A "nobody"
#define USER_B "daemon"

void flow_up(void);
void flow_down(void);

/* TEST_MAIN with authd up before the first test and down after the last. */
int flow_set_up(void **state);
int flow_tear_down(void **state);
#define FLOW_MAIN(group)                                                   \
	int main(void)                                                     \
	{                                                                  \
		return _cmocka_run_group_tests(                            \
		    group, tests_, tests_n_, flow_set_up, flow_tear_down); \
	}

/* Start authd again, with another idea of who serves tokens. */
void flow_restart(uid_t token_uid);

/* No records, no preferences, the default card with this key, which is paired
 * with USER_A; authd knows. */
void flow_reset(enum fake_key key);

/* Files below the prefix. */
void flow_write(const char *path, const char *text, unsigned int mode);
void flow_pref(const char *domain, const char *xml); /* body of the dict */
void flow_pair(const char *user, enum fake_key key);
void flow_unpair(const char *user);

struct caller {
	int fd;
	struct msg m; /* the last frame from authd */
	/* of AUTH_PROMPT */
	char user[AUTH_NAME_MAX], message[AUTH_TEXT_MAX], label[AUTH_TEXT_MAX];
	uint8_t tries, last;
	/* of AUTH_RESULT and AUTH_PAIR_RESULT */
	enum verdict verdict;
	char reason[1024], token_id[TOKEN_ID_MAX];
	uint16_t apdus;
	uint8_t notes;
	/* of AUTH_CHOICE and AUTH_USERS */
	uint16_t users_n;
	char users[AUTH_USERS_MAX][AUTH_NAME_MAX];
};

/* Connect; as this uid when it is not our own (needs root). */
void caller_open(struct caller *c, uid_t uid);
void caller_done(struct caller *c);

/* Each waits for the answer and returns its type; 0: the connection closed. */
unsigned int caller_start(
    struct caller *c, const char *user, const char *rhost, uint8_t flags);
unsigned int caller_pin(struct caller *c, const char *pin, uint8_t yes);
unsigned int caller_choose(struct caller *c, uint16_t index);
unsigned int caller_pair(
    struct caller *c, const char *user, enum fake_key key, const char *pin);
unsigned int caller_user_of(struct caller *c, enum fake_key key);
unsigned int caller_send(struct caller *c, const struct msg *m);

/* A whole login of USER_A as root with one PIN, interactive. */
enum verdict flow_login(const char *user, const char *pin, uint8_t yes);

/* The same with the right PIN; another verdict than this fails the test. */
void flow_expect(enum verdict want, const char *why);

/* The reason of the last result has this in it. */
void caller_expect(const struct caller *c, const char *part);

/*
 * Let the service itself notice a change of preferences: what was changed since
 * flow_will_change(), which flow_write() and flow_reset() call.
 */
void flow_will_change(void);
void flow_settle(void);

/* Does the log have this text? How often? Wait until it is there so often. */
bool flow_logged(const char *text);
size_t flow_times_logged(const char *text);
void flow_await_logged(const char *text, size_t times);

/* Field `i` (from 0) behind the name in /proc/PID/stat; -1: no such process. */
long flow_stat(pid_t pid, unsigned int i);

/* How many sessions run, and one of them. One that has ended counts until the
 * service has drawn its conclusions. */
size_t flow_sessions(pid_t *one);
void flow_await_no_session(void);

#endif
