/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three services: their sockets, which outlive them, their start, and their
 * restart with back-off. A client that connects while a service is down waits
 * in the socket's queue and is served by the next one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "scsd/device.h"
#include "scsd/scsd.h"

/* clang-format off */
static const struct {
	const char *name, *program, *user;
	struct { const char *path; unsigned int mode; } sock[2];
} plan[SVC_COUNT] = {
	[SVC_READERD] = { "readerd", "scs-readerd", "scs-reader",
		{ { PATH_PCSC_SOCK, 0666 }, { PATH_READER_SOCK, 0600 } } },
	[SVC_TOKEND] = { "tokend", "scs-tokend", "scs-token",
		{ { PATH_TOKEN_SOCK, 0666 }, { NULL, 0 } } },
	[SVC_AUTHD] = { "authd", "scs-authd", "scs-auth",
		{ { PATH_AUTH_SOCK, 0666 }, { NULL, 0 } } },
};
/* clang-format on */

/* Above a pcscd the readers and PC/SC's socket are that pcscd's. */
bool
service_used(const struct scsd *d, enum service_id id)
{
	return id != SVC_READERD || d->opt.pcscd == NULL;
}

static err_t
listen_at(struct scsd *d, const char *path, unsigned int mode, int *fd)
{
	char full[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(d->opt.prefix, path, full)) ||
	    (e = fd_listen_unix(full, mode, fd))) {
		log_err("socket %s%s: %s", d->opt.prefix, path,
		    e == ERR_BUSY ? "another service is listening there"
				  : err_text(e));
		return e;
	}
	return ERR_OK;
}

static err_t
make_folder(struct scsd *d, const char *path)
{
	char full[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(d->opt.prefix, path, full)) ||
	    (e = file_mkdirs(full, 0755)))
		log_err("folder %s%s: %s", d->opt.prefix, path, err_text(e));
	else if (chmod(full, 0755) != 0)
		e = ERR_IO;
	return e;
}

static err_t
init_one(struct scsd *d, enum service_id id)
{
	struct service *s = &d->services[id];
	err_t e;

	*s = (struct service){ .d = d,
		.id = id,
		.name = plan[id].name,
		.program = plan[id].program,
		.control = -1,
		.listen = { -1, -1 },
		.backoff_ms = BACKOFF_FIRST };
	if (!service_used(d, id))
		return ERR_OK;
	if (d->separate &&
	    (e = users_service(
		 plan[id].user, id, d->opt.prefix[0] != '\0', &s->user))) {
		log_err("user %s does not exist; create it (systemd-sysusers, "
			"or adduser --system), or use --prefix",
		    plan[id].user);
		return e;
	}
	for (size_t i = 0; i < 2; i++) {
		if (plan[id].sock[i].path != NULL &&
		    (e = listen_at(d, plan[id].sock[i].path,
			 plan[id].sock[i].mode, &s->listen[i])))
			return e;
	}
	return ERR_OK;
}

/* What a scsd before us had given to users that are ours now. */
static void
sweep_devices(const struct scsd *d)
{
	char node[READER_CONF_PATH];

	device_sweep(USB_NODES, USERS_WORKER_FIRST, USERS_WORKER_LAST);
	for (size_t i = 0; i < d->readers.n; i++) {
		if (device_line(
			d->readers.readers[i].device, node, sizeof(node)))
			device_line_revoke(
			    node, USERS_WORKER_FIRST, USERS_WORKER_LAST);
	}
}

err_t
service_init(struct scsd *d)
{
	char path[64];
	err_t e;

	if ((e = make_folder(d, PATH_RUN_DIR)))
		return e;
	/* a pcscd has readers of its own */
	if (d->opt.pcscd == NULL &&
	    ((e = make_folder(d, PATH_PCSC_DIR)) || (e = drivers_load(d))))
		return e;
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		if ((e = init_one(d, i)))
			return e;
	}
	for (unsigned int i = 0; i < d->opt.virtual_n; i++) {
		(void)snprintf(path, sizeof(path), PATH_VIRTUAL_FMT, i);
		if ((e = listen_at(d, path, 0600, &d->virtual_listen[i])))
			return e;
	}
	if (d->separate && d->opt.prefix[0] == '\0')
		sweep_devices(d);
	return ERR_OK;
}

/* The command line of a service; `num` and `path` are its scratch space. */
struct args {
	const char *v[ARGS_MAX];
	size_t n;
	char num[3][16];
	char path[SCS_PATH_MAX];
};

static void
add(struct args *a, const char *s)
{
	if (a->n < ARGS_MAX - 1)
		a->v[a->n++] = s;
}

static const char *
number(struct args *a, unsigned int i, unsigned long v)
{
	(void)snprintf(a->num[i], sizeof(a->num[i]), "%lu", v);
	return a->num[i];
}

/* Only the system's own services widen access by a group. */
static void
add_group(const struct service *s, struct args *a)
{
	gid_t gid;

	if (!s->d->separate || s->id == SVC_AUTHD ||
	    users_cards_group(&gid) != ERR_OK)
		return;
	add(a, "--group");
	add(a, number(a, 2, gid));
}

/* The readers that tokend watches: ours, or a pcscd's. */
static err_t
pcsc_path(struct scsd *d, struct args *a)
{
	if (d->opt.pcscd == NULL)
		return path_under(d->opt.prefix, PATH_PCSC_SOCK, a->path);
	return path_under("", d->opt.pcscd, a->path);
}

static err_t
build_args(struct service *s, struct args *a)
{
	struct scsd *d = s->d;
	uid_t self = geteuid();
	err_t e = ERR_OK;

	*a = (struct args){ 0 };
	add(a, s->program);
	if (d->opt.debug)
		add(a, "--debug");
	if (d->opt.access_all && s->id != SVC_AUTHD)
		add(a, "--access=all");
	add_group(s, a);
	switch (s->id) {
	case SVC_READERD:
		add(a, "--prefix");
		add(a, d->opt.prefix);
		add(a, "--readers");
		add(a, number(a, 0, drivers_count(d)));
		if (d->opt.card_timeout != NULL) {
			add(a, "--card-timeout-ms");
			add(a, d->opt.card_timeout);
		}
		for (size_t i = 0; i < d->bundles.n; i++) {
			add(a, "--bundle");
			add(a, d->bundles.dir[i]);
		}
		add(a, "--uid"); /* tokend watches the readers */
		add(a,
		    number(a, 1,
			d->separate ? d->services[SVC_TOKEND].user.uid : self));
		break;
	case SVC_TOKEND:
		add(a, "--prefix");
		add(a, d->opt.prefix);
		add(a, "--pcsc-socket");
		e = pcsc_path(d, a);
		add(a, a->path);
		add(a, "--auth-uid");
		add(a,
		    number(a, 0,
			d->separate ? d->services[SVC_AUTHD].user.uid : self));
		break;
	case SVC_AUTHD:
		add(a, "--prefix");
		add(a, d->opt.prefix);
		add(a, "--token-socket");
		e = path_under(d->opt.prefix, PATH_TOKEN_SOCK, a->path);
		add(a, a->path);
		/* the listening socket is ours, and so its peer is we */
		add(a, "--token-uid");
		add(a, number(a, 0, self));
		break;
	case SVC_COUNT:
		break;
	}
	return e;
}

static void
stopped(struct service *s)
{
	s->pid = 0;
	s->was_ready = s->ready;
	s->ready = false;
	s->alive_ms = 0;
	s->child = sd_event_source_disable_unref(s->child);
	s->io = sd_event_source_disable_unref(s->io);
	fd_close(&s->control);
	worker_kill_all_of(s);
}

static void restart_later(struct service *s);

static int
on_restart(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct service *s = data;
	err_t e;

	s->restart = sd_event_source_disable_unref(s->restart);
	if (s->d->stopping || s->pid != 0)
		return 0;
	/* no process or memory to be had, perhaps by somebody's intent: that
	 * passes, and the service must not stay away */
	if ((e = service_start(s)) != ERR_OK) {
		log_err(
		    "%s could not be started again: %s", s->name, err_text(e));
		restart_later(s);
	}
	return 0;
}

static uint64_t
next_delay(struct service *s)
{
	uint64_t most = s->was_ready ? BACKOFF_READY : BACKOFF_MAX;
	uint64_t delay = s->backoff_ms < most ? s->backoff_ms : most;

	if (clock_ms() - s->started_ms > CALM_AFTER)
		delay = BACKOFF_FIRST;
	s->backoff_ms = delay * 2 > BACKOFF_MAX ? BACKOFF_MAX : delay * 2;
	return delay;
}

static void
restart_later(struct service *s)
{
	uint64_t delay = next_delay(s);

	log_notice(
	    "%s: starting it again in %lu ms", s->name, (unsigned long)delay);
	s->restart = sd_event_source_disable_unref(s->restart);
	if (sd_event_add_time_relative(s->d->ev, &s->restart, CLOCK_MONOTONIC,
		delay * 1000, 1000, on_restart, s) < 0) {
		log_err("no timer to restart %s: giving up", s->name);
		(void)sd_event_exit(s->d->ev, 1);
	}
}

static int
on_exit_child(sd_event_source *src UNUSED, const siginfo_t *si, void *data)
{
	struct service *s = data;
	struct scsd *d = s->d;

	if (!d->stopping)
		log_err("%s (pid %ld) %s %d", s->name, (long)si->si_pid,
		    si->si_code == CLD_EXITED ? "exited with status"
					      : "was killed by signal",
		    si->si_status);
	stopped(s);
	if (d->stopping) {
		if (service_running(d) == 0 && worker_running(d) == 0)
			(void)sd_event_exit(d->ev, 0);
		return 0;
	}
	restart_later(s);
	return 0;
}

static void
on_ready(struct service *s)
{
	s->ready = true;
	log_debug("%s is ready", s->name);
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		if (service_used(s->d, i) && !s->d->services[i].ready)
			return;
	}
	log_notice("ready");
	(void)sd_notify(0, "READY=1");
}

static int
on_control(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct service *s = data;
	CLOSE_FD int with = -1;
	struct control c;
	err_t e;

	e = control_recv(fd, &c, &with, 0);
	if (e == ERR_TIMEOUT)
		return 0;
	if (e != ERR_OK) {
		/* it is dying, or it says what we do not know: end it */
		s->io = sd_event_source_disable_unref(s->io);
		if (e != ERR_REMOVED)
			log_err(
			    "%s: control channel: %s", s->name, err_text(e));
		(void)kill(s->pid, SIGKILL);
		return 0;
	}
	if (c.type == CONTROL_READY)
		on_ready(s);
	else if (c.type == CONTROL_ALIVE)
		s->alive_ms = clock_awake_ms();
	else if (c.type == CONTROL_SPAWN)
		worker_spawn(s, &c);
	else if (c.type == CONTROL_KILL)
		worker_kill(s, c.cookie);
	else if (c.type == CONTROL_CLEAR_LOG && s->id == SVC_READERD)
		clear_log(s->d);
	else
		log_warning("%s: unknown control packet %u", s->name,
		    (unsigned int)c.type);
	return 0;
}

static err_t
watch_child(struct service *s)
{
	struct scsd *d = s->d;

	if (sd_event_add_child(
		d->ev, &s->child, s->pid, WEXITED, on_exit_child, s) < 0 ||
	    sd_event_add_io(d->ev, &s->io, s->control, EPOLLIN, on_control, s) <
		0)
		return ERR_NOMEM;
	return ERR_OK;
}

err_t
service_start(struct service *s)
{
	CLOSE_FD int theirs = -1;
	char program[SCS_PATH_MAX];
	struct args args;
	struct spawn sp = { .program = program,
		.drop = s->d->separate,
		.uid = s->user.uid,
		.gid = s->user.gid };
	err_t e;

	s->started_ms = clock_ms();
	/* the numbers of drivers begin anew with who asks by them */
	if (s->id == SVC_READERD && (e = drivers_load(s->d)))
		log_err("reader drivers stay as they were: %s", err_text(e));
	if ((e = scsd_program(s->d, s->program, program)) ||
	    (e = build_args(s, &args)) ||
	    (e = fd_pair(SOCK_SEQPACKET, &s->control, &theirs)))
		return e;
	sp.argv = args.v;
	sp.fds[sp.fds_n++] = theirs;
	for (size_t i = 0; i < 2 && s->listen[i] >= 0; i++)
		sp.fds[sp.fds_n++] = s->listen[i];
	if ((e = spawn_child(&sp, &s->pid)) == ERR_OK && (e = watch_child(s)))
		(void)kill(s->pid, SIGKILL);
	if (e != ERR_OK)
		stopped(s);
	return e;
}

void
service_stop_all(struct scsd *d)
{
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		if (d->services[i].pid > 0)
			(void)kill(d->services[i].pid, SIGTERM);
	}
}

unsigned int
service_running(const struct scsd *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SVC_COUNT; i++)
		n += d->services[i].pid > 0;
	return n;
}

void
service_watch(struct scsd *d)
{
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		struct service *s = &d->services[i];

		child_look_again(s->child);
		if (s->pid <= 0 || s->alive_ms == 0 ||
		    clock_awake_ms() - s->alive_ms < WATCHDOG_SEC * 1000)
			continue;
		log_err("%s has not answered for %d seconds: killing it",
		    s->name, WATCHDOG_SEC);
		s->alive_ms = 0;
		(void)kill(s->pid, SIGKILL);
	}
}
