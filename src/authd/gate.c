/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authd/claim.h"
#include "authd/limit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#define PAUSE_US (500 * 1000ull) /* when no caller can be accepted */

/* What a session has besides the standard ones; see gate.h. */
enum {
	SESSION_CALLER = STDERR_FILENO + 1,
	SESSION_GATE,
	SESSION_FDS
};

struct child {
	struct child *next, **at;
	struct gate *g;
	sd_event_source *exit, *claim;
	pid_t pid;
	uid_t uid;
	bool exempt;
	int fd; /* claims come here */
	char who[LIMIT_WHO_MAX]; /* has a place of those who are away, or "" */
};

struct gate {
	sd_event *ev;
	sd_event_source *io, *pause;
	struct authd *d;
	struct child *children;
	struct limit limit;
	int fd;
	bool starved; /* told already */
};

/* A caller that was accepted, on the way to its session. */
struct visitor {
	int fd;
	struct peer peer;
	bool exempt;
};

static void
child_free(struct child *c)
{
	if (c->at != NULL && (*c->at = c->next) != NULL)
		c->next->at = c->at;
	sd_event_source_disable_unref(c->exit);
	sd_event_source_disable_unref(c->claim);
	fd_close(&c->fd);
	free(c);
}

static int
on_exit_session(sd_event_source *s UNUSED, const siginfo_t *si, void *data)
{
	struct child *c = data;
	bool exited = si->si_code == CLD_EXITED;

	if (!exited)
		log_err("session %ld of caller %u was killed by signal %d",
		    (long)c->pid, (unsigned int)c->uid, si->si_status);
	limit_away_end(&c->g->limit, c->who);
	limit_end(&c->g->limit, c->uid, c->exempt,
	    !exited || si->si_status == VERDICT_WRONG_PIN ||
		si->si_status == VERDICT_BLOCKED);
	child_free(c);
	return 0;
}

/* One claim of each session; whatever else it says is not heard. */
static int
on_claim(sd_event_source *s, int fd, uint32_t ev UNUSED, void *data)
{
	struct child *c = data;
	char who[LIMIT_WHO_MAX];
	bool yes;

	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	if (claim_take(fd, who) != ERR_OK)
		return 0;
	if ((yes = limit_away_begin(&c->g->limit, who) == ERR_OK))
		memcpy(c->who, who, sizeof(c->who));
	claim_answer(fd, yes);
	return 0;
}

/*
 * Take the numbers of the control channel and the listener, and close what
 * comes after. Those two were never a library's: a name service that closes the
 * connection it had before the fork cannot hit them.
 */
static err_t
keep_own(const struct visitor *v, int gate)
{
	if (dup3(v->fd, SESSION_CALLER, O_CLOEXEC) < 0 ||
	    dup3(gate, SESSION_GATE, O_CLOEXEC) < 0 ||
	    close_range(SESSION_FDS, ~0u, 0) != 0)
		return ERR_IO;
	return ERR_OK;
}

/* In the child, which never comes back. */
static void
session_main(struct gate *g, const struct visitor *who, int gate, pid_t parent)
{
	struct session s = { .d = g->d,
		.fd = SESSION_CALLER,
		.gate = SESSION_GATE,
		.peer = who->peer,
		.privileged = who->exempt };
	enum verdict v;
	sigset_t none;

	/* without the service nobody counts its tries: end with it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != parent || keep_own(who, gate) != ERR_OK)
		_exit(VERDICT_INTERNAL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	s.place = place_of_peer(g->d->prefix, s.fd, s.peer.uid);
	v = session_run(&s);
	/* whoever hangs up after a wrong PIN has tried it all the same */
	_exit((int)(s.pin_refused ? VERDICT_WRONG_PIN : v));
}

/* Be told when it ends and what it claims. */
static err_t
listen_to(struct gate *g, struct child *c)
{
	if (sd_event_add_child(
		g->ev, &c->exit, c->pid, WEXITED, on_exit_session, c) < 0 ||
	    sd_event_add_io(g->ev, &c->claim, c->fd, EPOLLIN, on_claim, c) < 0)
		return ERR_NOMEM;
	c->g = g;
	c->at = &g->children;
	if ((c->next = g->children) != NULL)
		c->next->at = &c->next;
	g->children = c;
	return ERR_OK;
}

static err_t
fork_session(struct gate *g, const struct visitor *v)
{
	struct child *c = calloc(1, sizeof(*c));
	pid_t parent = getpid();
	int theirs;

	if (c == NULL)
		return ERR_NOMEM;
	c->uid = v->peer.uid;
	c->exempt = v->exempt;
	c->fd = -1;
	if (fd_pair(SOCK_SEQPACKET | SOCK_NONBLOCK, &c->fd, &theirs) !=
	    ERR_OK) {
		child_free(c);
		return ERR_IO;
	}
	if ((c->pid = fork()) == 0) {
		child_free(c);
		session_main(g, v, theirs, parent);
	}
	fd_close(&theirs);
	if (c->pid < 0 || listen_to(g, c) != ERR_OK) {
		if (c->pid > 0) {
			(void)kill(c->pid, SIGKILL);
			(void)waitpid(c->pid, NULL, 0);
		}
		child_free(c);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static void
serve(struct gate *g, struct visitor *v)
{
	struct why why = { 0 };
	unsigned int uid;
	err_t e;

	if (peer_get(v->fd, &v->peer) != ERR_OK)
		return;
	uid = (unsigned int)v->peer.uid;
	/* one user's own private services: he is all the authority there is */
	v->exempt = v->peer.uid == 0 || v->peer.uid == geteuid();
	if ((e = limit_begin(&g->limit, uid, v->exempt, clock_ms())) !=
	    ERR_OK) {
		log_warning("caller %u: too many logins %s: turned away", uid,
		    e == ERR_BUSY ? "in a short time" : "at a time");
		return;
	}
	if (index_fresh(g->d->index, &why) != ERR_OK)
		log_err("records: %s", why.text);
	if ((e = fork_session(g, v)) != ERR_OK) {
		log_err("no session for caller %u: %s", uid, err_text(e));
		limit_end(&g->limit, uid, v->exempt, false);
	}
}

/*
 * No descriptor is left for a caller, who waits at the door: look again later,
 * since the door stays open and the loop would not rest.
 */
static void
pause_gate(struct gate *g)
{
	if (!g->starved)
		log_err("callers wait: %s", strerror(errno));
	g->starved = true;
	if (sd_event_source_set_time_relative(g->pause, PAUSE_US) < 0 ||
	    sd_event_source_set_enabled(g->pause, SD_EVENT_ONESHOT) < 0)
		return;
	(void)sd_event_source_set_enabled(g->io, SD_EVENT_OFF);
}

static int
on_pause_over(sd_event_source *s UNUSED, uint64_t usec UNUSED, void *data)
{
	struct gate *g = data;

	(void)sd_event_source_set_enabled(g->io, SD_EVENT_ON);
	return 0;
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	CLOSE_FD int client = -1;
	struct gate *g = data;
	struct visitor v = { 0 };

	/* blocking: the session is plain code with deadlines */
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_gate(g);
		return 0;
	}
	g->starved = false;
	v.fd = client;
	serve(g, &v);
	return 0;
}

err_t
gate_new(sd_event *ev, int listen_fd, struct authd *d, struct gate **out)
{
	CLEANUP(gate_free) struct gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return ERR_NOMEM;
	g->ev = sd_event_ref(ev);
	g->d = d;
	g->fd = listen_fd;
	if (sd_event_add_io(ev, &g->io, listen_fd, EPOLLIN, on_accept, g) < 0 ||
	    sd_event_add_time_relative(ev, &g->pause, CLOCK_MONOTONIC, PAUSE_US,
		0, on_pause_over, g) < 0 ||
	    sd_event_source_set_enabled(g->pause, SD_EVENT_OFF) < 0)
		return ERR_NOMEM;
	*out = TAKE(g);
	return ERR_OK;
}

void
gate_free(struct gate **gp)
{
	struct gate *g;

	if (gp == NULL || (g = *gp) == NULL)
		return;
	while (g->children != NULL) {
		(void)kill(g->children->pid, SIGKILL);
		child_free(g->children);
	}
	sd_event_source_disable_unref(g->io);
	sd_event_source_disable_unref(g->pause);
	sd_event_unref(g->ev);
	fd_close(&g->fd);
	free(g);
	*gp = NULL;
}
