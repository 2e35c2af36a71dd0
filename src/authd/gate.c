/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authd/limit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

struct child {
	struct child *next, **at;
	struct gate *g;
	sd_event_source *exit;
	pid_t pid;
	uid_t uid;
	bool exempt;
};

struct gate {
	sd_event *ev;
	sd_event_source *io;
	struct authd *d;
	struct child *children;
	struct limit limit;
	int fd;
};

static void
child_free(struct child *c)
{
	if ((*c->at = c->next) != NULL)
		c->next->at = c->at;
	sd_event_source_disable_unref(c->exit);
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
	limit_end(&c->g->limit, c->uid, c->exempt,
	    !exited || si->si_status == VERDICT_WRONG_PIN ||
		si->si_status == VERDICT_BLOCKED);
	child_free(c);
	return 0;
}

/* In the child, which never comes back. */
static void
session_main(struct gate *g, int fd, const struct peer *peer, bool exempt)
{
	struct session s = {
		.d = g->d, .fd = fd, .peer = *peer, .privileged = exempt
	};
	enum verdict v;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	fd_close(&g->fd);
	s.place = place_of_peer(g->d->prefix, fd, peer->uid);
	v = session_run(&s);
	/* whoever hangs up after a wrong PIN has tried it all the same */
	_exit((int)(s.pin_refused ? VERDICT_WRONG_PIN : v));
}

static err_t
fork_session(struct gate *g, int fd, const struct peer *peer, bool exempt)
{
	struct child *c = calloc(1, sizeof(*c));
	pid_t parent = getpid();

	if (c == NULL)
		return ERR_NOMEM;
	if ((c->pid = fork()) < 0) {
		free(c);
		return ERR_IO;
	}
	if (c->pid == 0) {
		/* without the service nobody counts its tries: end with it */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
		    getppid() != parent)
			_exit(VERDICT_INTERNAL);
		free(c);
		session_main(g, fd, peer, exempt);
	}
	c->g = g;
	c->uid = peer->uid;
	c->exempt = exempt;
	c->at = &g->children;
	if ((c->next = g->children) != NULL)
		c->next->at = &c->next;
	g->children = c;
	if (sd_event_add_child(
		g->ev, &c->exit, c->pid, WEXITED, on_exit_session, c) < 0) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
		child_free(c);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static void
serve(struct gate *g, int fd)
{
	struct why why = { 0 };
	struct peer peer;
	bool exempt;
	err_t e;

	if (peer_get(fd, &peer) != ERR_OK)
		return;
	/* one user's own private services: he is all the authority there is */
	exempt = peer.uid == 0 || peer.uid == geteuid();
	if ((e = limit_begin(&g->limit, peer.uid, exempt, clock_ms())) !=
	    ERR_OK) {
		log_warning("caller %u: too many logins %s: turned away",
		    (unsigned int)peer.uid,
		    e == ERR_BUSY ? "in a short time" : "at a time");
		return;
	}
	if (index_fresh(g->d->index, &why) != ERR_OK)
		log_err("records: %s", why.text);
	if ((e = fork_session(g, fd, &peer, exempt)) != ERR_OK) {
		log_err("no session for caller %u: %s", (unsigned int)peer.uid,
		    err_text(e));
		limit_end(&g->limit, peer.uid, exempt, false);
	}
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	CLOSE_FD int client = -1;

	/* blocking: the session is plain code with deadlines */
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client >= 0)
		serve(data, client);
	return 0;
}

err_t
gate_new(sd_event *ev, int listen_fd, struct authd *d, struct gate **out)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return ERR_NOMEM;
	g->ev = sd_event_ref(ev);
	g->d = d;
	g->fd = listen_fd;
	if (sd_event_add_io(ev, &g->io, listen_fd, EPOLLIN, on_accept, g) < 0) {
		sd_event_unref(g->ev);
		free(g);
		return ERR_NOMEM;
	}
	*out = g;
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
	sd_event_unref(g->ev);
	fd_close(&g->fd);
	free(g);
	*gp = NULL;
}
