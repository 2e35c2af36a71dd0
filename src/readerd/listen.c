/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/listen.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define KEPT 8 /* this part of the room for clients is for root alone */
#define REFUSED_MAX 32 /* who wait to be told that there is no room */
/* for all but clients: drivers, two each; who is refused; a few files */
#define FDS_KEPT (2 * IFDS_MAX + REFUSED_MAX + 32)
#define PAUSE_USEC 100000 /* at the descriptor limit */

size_t
listen_room(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 256;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return FDS_KEPT;
	return (size_t)r.rlim_cur -
	    (r.rlim_cur < 2 * FDS_KEPT ? r.rlim_cur / 2 : FDS_KEPT);
}

static int
on_resume(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct listener *l = data;

	(void)sd_event_source_set_enabled(l->io, SD_EVENT_ON);
	return 0;
}

/* Connections stay in the socket's queue meanwhile. */
static void
pause_accepting(struct listener *l)
{
	if (!l->complained)
		log_err("out of descriptors or memory: new clients wait");
	l->complained = true;
	(void)sd_event_source_set_enabled(l->io, SD_EVENT_OFF);
	(void)sd_event_source_set_time_relative(l->pause, PAUSE_USEC);
	(void)sd_event_source_set_enabled(l->pause, SD_EVENT_ONESHOT);
}

bool
listen_has_room(const struct service *svc, uid_t uid, size_t *refused)
{
	size_t of_uid = 0, served;

	*refused = 0;
	for (const struct client *c = svc->clients; c != NULL; c = c->next) {
		of_uid += c->peer.uid == uid ? 1 : 0;
		*refused += c->refused ? 1 : 0;
	}
	served = svc->clients_n - *refused; /* those live on FDS_KEPT */
	if (served >= svc->clients_max)
		return false;
	return uid == 0 || uid == geteuid() ||
	    (of_uid < CONTEXTS_PER_UID &&
		served < svc->clients_max - svc->clients_max / KEPT);
}

/* Workers' connections are opened by scsd, and handed over by it. */
static bool
may_be_worker(const struct peer *p)
{
	return p->uid == 0 || p->uid == geteuid();
}

static err_t
welcome(struct listener *l, int fd)
{
	CLOSE_FD int owned = fd;
	struct service *svc = l->svc;
	struct client *c;
	struct peer peer;
	size_t refused;
	bool room;
	err_t e;

	if ((e = peer_get(fd, &peer)))
		return e;
	if (l->dialect == DIALECT_WORKER && !may_be_worker(&peer))
		return ERR_DENIED;
	room = listen_has_room(svc, peer.uid, &refused);
	if (!room && refused >= REFUSED_MAX)
		return ERR_LIMIT;
	if ((e = client_new(svc, fd_take(&owned), l->dialect, &peer, &c)))
		return e;
	c->refused = !room;
	if (!room)
		log_warning("too many clients of uid %lu: one more is refused",
		    (unsigned long)peer.uid);
	return ERR_OK;
}

static int
on_accept(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct listener *l = data;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	err_t e;

	if (client < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_accepting(l);
		return 0;
	}
	l->complained = false;
	if ((e = welcome(l, client)))
		log_warning("a client was turned away: %s", err_text(e));
	return 0;
}

err_t
listen_start(
    struct listener *l, struct service *svc, int fd, enum dialect dialect)
{
	*l = (struct listener){ .svc = svc, .fd = fd, .dialect = dialect };
	if (sd_event_add_io(svc->ev, &l->io, fd, EPOLLIN, on_accept, l) < 0 ||
	    sd_event_add_time_relative(svc->ev, &l->pause, CLOCK_MONOTONIC,
		PAUSE_USEC, 0, on_resume, l) < 0 ||
	    sd_event_source_set_enabled(l->pause, SD_EVENT_OFF) < 0) {
		listen_stop(l);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
listen_stop(struct listener *l)
{
	l->io = sd_event_source_disable_unref(l->io);
	l->pause = sd_event_source_disable_unref(l->pause);
	fd_close(&l->fd);
}
