/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/flow.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "ipc/control.h"

#define PATIENCE_MS 20000

struct flow flow;

static void
must(bool ok, const char *what)
{
	if (!ok)
		fail_msg("set-up: %s", what);
}

/* With the descriptors that scsd gives it; the others close themselves. */
static void
run_authd(uid_t token_uid, int control, int listener)
{
	char uid[16];
	int log;

	(void)snprintf(uid, sizeof(uid), "%u", (unsigned int)token_uid);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	log = open(flow.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	control = fcntl(control, F_DUPFD_CLOEXEC, CONTROL_LISTEN_FD + 1);
	listener = fcntl(listener, F_DUPFD_CLOEXEC, CONTROL_LISTEN_FD + 1);
	if (dup2(log, STDERR_FILENO) < 0 || dup2(control, CONTROL_FD) < 0 ||
	    dup2(listener, CONTROL_LISTEN_FD) < 0)
		_exit(127);
	(void)execl(AUTHD_PATH, "scs-authd", "--prefix", flow.dir,
	    "--token-socket", flow.token, "--token-uid", uid, "--debug",
	    (char *)NULL);
	_exit(127);
}

static void
stop_authd(void)
{
	if (flow.authd <= 0)
		return;
	(void)kill(flow.authd, SIGTERM);
	(void)waitpid(flow.authd, NULL, 0);
	flow.authd = 0;
	fd_close(&flow.control);
}

static void
await_ready(void)
{
	struct control c = { 0 };
	int none = -1;

	must(control_recv(flow.control, &c, &none, deadline_in(PATIENCE_MS)) ==
		    ERR_OK &&
		c.type == CONTROL_READY,
	    "scs-authd does not start");
}

void
flow_restart(uid_t token_uid)
{
	CLOSE_FD int listener = -1;
	int pair[2];

	stop_authd();
	must(fd_listen_unix(flow.auth, 0666, &listener) == ERR_OK, "listen");
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
	    "control channel");
	must((flow.authd = fork()) >= 0, "fork");
	if (flow.authd == 0)
		run_authd(token_uid, pair[1], listener);
	fd_close(&pair[1]);
	flow.control = pair[0];
	await_ready();
}

void
flow_up(void)
{
	(void)snprintf(flow.dir, sizeof(flow.dir), "/tmp/scs-authd.XXXXXX");
	must(mkdtemp(flow.dir) != NULL && chmod(flow.dir, 0755) == 0, "dir");
	(void)snprintf(flow.auth, sizeof(flow.auth), "%s/auth.sock", flow.dir);
	(void)snprintf(
	    flow.token, sizeof(flow.token), "%s/token.sock", flow.dir);
	(void)snprintf(flow.log, sizeof(flow.log), "%s/log", flow.dir);
	fake_init();
	flow.fake = fake_start(flow.token, &flow.tokend);
	flow_reset(FAKE_P256);
	flow_restart(geteuid());
}

void
flow_down(void)
{
	char *argv[] = { (char *)(uintptr_t) "rm", (char *)(uintptr_t) "-rf",
		flow.dir, NULL };
	pid_t pid;

	stop_authd();
	fake_stop(&flow.fake, &flow.tokend);
	if ((pid = fork()) == 0) {
		(void)execv("/bin/rm", argv);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static void
full(const char *path, char out[SCS_PATH_MAX])
{
	must(path_under(flow.dir, path, out) == ERR_OK, "path");
}

void
flow_write(const char *path, const char *text, unsigned int mode)
{
	char p[SCS_PATH_MAX], dir[SCS_PATH_MAX];

	flow_will_change();
	full(path, p);
	memcpy(dir, p, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	must(file_mkdirs(dir, 0755) == ERR_OK, "folder");
	must(file_write(p, mode, span_str(text)) == ERR_OK, p);
}

void
flow_pref(const char *domain, const char *xml)
{
	char path[256], text[2048];

	(void)snprintf(
	    path, sizeof(path), "%s/%s.plist", PATH_PREFS_DIR, domain);
	(void)snprintf(text, sizeof(text),
	    "<plist version=\"1.0\"><dict>%s</dict></plist>", xml);
	flow_write(path, text, 0644);
}

void
flow_pair(const char *user, enum fake_key key)
{
	struct pkhh h = fake_hash(key);
	struct why why = { 0 };

	must(record_pair(flow.dir, user, &h, RECORD_PAIRINGS_MAX, &why) ==
		ERR_OK,
	    why.text);
}

void
flow_unpair(const char *user)
{
	struct why why = { 0 };
	size_t n;

	must(record_unpair(flow.dir, user, NULL, &n, &why) == ERR_OK, why.text);
}

static void
remove_file(const char *path)
{
	char p[SCS_PATH_MAX];

	full(path, p);
	(void)unlink(p);
}

void
flow_reset(enum fake_key key)
{
	bool prefs;
	char p[SCS_PATH_MAX];

	full(PATH_PREFS_DIR "/" PREFS_SMARTCARD ".plist", p);
	prefs = access(p, F_OK) == 0;
	full(PATH_PREFS_DIR "/" PREFS_AUTHORIZATION ".plist", p);
	prefs |= access(p, F_OK) == 0;
	flow_will_change();
	remove_file(PATH_PREFS_DIR "/" PREFS_SMARTCARD ".plist");
	remove_file(PATH_PREFS_DIR "/" PREFS_AUTHORIZATION ".plist");
	remove_file(PATH_USERS_DIR "/" USER_A ".plist");
	remove_file(PATH_USERS_DIR "/" USER_B ".plist");
	fake_reset(flow.fake, key);
	flow_pair(USER_A, key);
	if (flow.authd > 0 && prefs)
		flow_settle();
}

/* A child of that uid connects and hands the connection over. */
static int
connect_as(uid_t uid)
{
	uint8_t byte = 0;
	int pair[2], fd = -1;
	size_t n;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "pair");
	must((pid = fork()) >= 0, "fork");
	if (pid == 0) {
		if (setresgid(uid, uid, uid) != 0 ||
		    setresuid(uid, uid, uid) != 0 ||
		    fd_connect_unix(flow.auth, &fd) != ERR_OK ||
		    fd_send_packet(pair[1], span_from(&byte, 1), fd) != ERR_OK)
			_exit(1);
		_exit(0);
	}
	(void)close(pair[1]);
	must(fd_recv_packet(pair[0], &byte, 1, deadline_in(PATIENCE_MS), &n,
		 &fd) == ERR_OK,
	    "a connection from another user");
	(void)close(pair[0]);
	(void)waitpid(pid, NULL, 0);
	return fd;
}

void
caller_open(struct caller *c, uid_t uid)
{
	*c = (struct caller){ .fd = -1 };
	msg_init(&c->m, 0);
	if (uid != geteuid())
		c->fd = connect_as(uid);
	else
		must(fd_connect_unix(flow.auth, &c->fd) == ERR_OK, "connect");
}

void
caller_done(struct caller *c)
{
	fd_close(&c->fd);
	msg_done(&c->m);
}

static bool
parse_users(struct caller *c, struct span in)
{
	if (span_u16(&in, &c->users_n) || c->users_n > AUTH_USERS_MAX)
		return false;
	for (size_t i = 0; i < c->users_n; i++) {
		if (msg_get_str(&in, c->users[i], AUTH_NAME_MAX))
			return false;
	}
	return span_end(in) == ERR_OK;
}

static bool
parse_prompt(struct caller *c, struct span in)
{
	return !msg_get_str(&in, c->user, sizeof(c->user)) &&
	    !msg_get_str(&in, c->label, sizeof(c->label)) &&
	    !span_u8(&in, &c->tries) && !span_u8(&in, &c->last) &&
	    !msg_get_str(&in, c->message, sizeof(c->message)) && !span_end(in);
}

static bool
parse_result(struct caller *c, struct span in)
{
	uint16_t v;

	if (span_u16(&in, &v))
		return false;
	c->verdict = (enum verdict)v;
	return !msg_get_str(&in, c->user, sizeof(c->user)) &&
	    !msg_get_str(&in, c->reason, sizeof(c->reason)) &&
	    !msg_get_str(&in, c->token_id, sizeof(c->token_id)) &&
	    !span_u16(&in, &c->apdus) && !span_end(in);
}

static bool
parse_pair(struct caller *c, struct span in)
{
	char label[TOKEN_LABEL_MAX];
	uint16_t v;

	if (span_u16(&in, &v))
		return false;
	c->verdict = (enum verdict)v;
	return !msg_get_str(&in, c->reason, sizeof(c->reason)) &&
	    !msg_get_str(&in, label, sizeof(label)) &&
	    !span_u8(&in, &c->notes) && !span_end(in);
}

unsigned int
caller_send(struct caller *c, const struct msg *m)
{
	struct span in;
	bool ok = false;

	if (msg_send(c->fd, m, deadline_in(PATIENCE_MS)) != ERR_OK ||
	    msg_recv(c->fd, &c->m, deadline_in(PATIENCE_MS)) != ERR_OK)
		return 0;
	in = buf_span(&c->m.body);
	switch (c->m.type) {
	case AUTH_CHOICE:
	case AUTH_USERS:
		ok = parse_users(c, in);
		break;
	case AUTH_PROMPT:
		ok = parse_prompt(c, in);
		break;
	case AUTH_RESULT:
		ok = parse_result(c, in);
		break;
	case AUTH_PAIR_RESULT:
		ok = parse_pair(c, in);
		break;
	default:
		break;
	}
	must(ok, "scs-authd's answer does not follow the protocol");
	return c->m.type;
}

unsigned int
caller_start(
    struct caller *c, const char *user, const char *rhost, uint8_t flags)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, AUTH_START);
	msg_put_str(&m.body, "login");
	msg_put_str(&m.body, user);
	msg_put_str(&m.body, rhost);
	msg_put_str(&m.body, "tty1");
	buf_put_u8(&m.body, flags);
	return caller_send(c, &m);
}

unsigned int
caller_pin(struct caller *c, const char *pin, uint8_t yes)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, AUTH_PIN);
	buf_put_u8(&m.body, yes);
	must(secret_from(span_str(pin), &m.secret) == ERR_OK, "secret");
	return caller_send(c, &m);
}

unsigned int
caller_choose(struct caller *c, uint16_t index)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, AUTH_CHOOSE);
	buf_put_u16(&m.body, index);
	return caller_send(c, &m);
}

static void
put_hash(struct msg *m, enum fake_key key)
{
	struct pkhh h = fake_hash(key);
	char hex[2 * PKHH_SIZE + 1];

	pkhh_print(&h, hex);
	msg_put_str(&m->body, hex);
}

unsigned int
caller_pair(
    struct caller *c, const char *user, enum fake_key key, const char *pin)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, AUTH_PAIR_CHECK);
	msg_put_str(&m.body, user);
	put_hash(&m, key);
	buf_put_u8(&m.body, 0);
	if (pin != NULL)
		must(secret_from(span_str(pin), &m.secret) == ERR_OK, "secret");
	return caller_send(c, &m);
}

unsigned int
caller_user_of(struct caller *c, enum fake_key key)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, AUTH_USER_OF);
	put_hash(&m, key);
	return caller_send(c, &m);
}

enum verdict
flow_login(const char *user, const char *pin, uint8_t yes)
{
	CLEANUP(caller_done) struct caller c;
	unsigned int t;

	caller_open(&c, geteuid());
	t = caller_start(&c, user, "", AUTH_INTERACTIVE);
	if (t == AUTH_PROMPT)
		t = caller_pin(&c, pin, yes);
	return t == AUTH_RESULT ? c.verdict : VERDICT_INTERNAL;
}

void
flow_expect(enum verdict want, const char *why)
{
	enum verdict got = flow_login(USER_A, "123456", 0);

	if (got != want)
		fail_msg(
		    "%s: wanted verdict %d, got %d", why, (int)want, (int)got);
}

void
caller_expect(const struct caller *c, const char *part)
{
	if (strstr(c->reason, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, c->reason);
}

int
flow_set_up(void **state UNUSED)
{
	flow_up();
	return 0;
}

int
flow_tear_down(void **state UNUSED)
{
	flow_down();
	return 0;
}
