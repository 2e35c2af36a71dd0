/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers, started for a service that may not fork with another user: one per
 * card for tokend, one per reader driver for readerd. The service gets the
 * other end of the worker's channel, and of a driver's pipe; the worker's
 * connection to its device side is opened here, since neither of the two may
 * reach it by itself.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "scsd/device.h"
#include "scsd/scsd.h"

/* Who may ask for what. */
static bool
may_spawn(const struct service *s, uint32_t kind)
{
	return (s->id == SVC_TOKEND && kind == WORKER_TOKEN) ||
	    (s->id == SVC_READERD &&
		(kind == WORKER_IFD || kind == WORKER_USB));
}

/* Of each its own: no service starves another. */
static unsigned int
workers_most(const struct service *s)
{
	return s->id == SVC_READERD ? DRIVERS_MAX : TOKENS_WORKERS_MAX;
}

/* NULL: none, or none for this service. */
static struct worker *
free_entry(const struct service *s)
{
	struct scsd *d = s->d;
	struct worker *found = NULL;
	unsigned int of_service = 0;

	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		of_service += d->workers[i].owner == s;
		if (found == NULL && d->workers[i].owner == NULL)
			found = &d->workers[i];
	}
	return of_service < workers_most(s) ? found : NULL;
}

static err_t
free_user(const struct scsd *d, struct worker *w, struct user_id *out)
{
	bool taken[USERS_WORKERS] = { false };

	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		if (d->workers[i].owner != NULL && &d->workers[i] != w)
			taken[d->workers[i].slot] = true;
	}
	return users_worker(taken, &w->slot, out);
}

static void
tell_gone(const struct worker *w)
{
	struct control c = { .type = CONTROL_WORKER_GONE,
		.kind = w->kind,
		.cookie = w->cookie };

	if (w->owner->control >= 0 &&
	    control_send(w->owner->control, &c, -1) != ERR_OK &&
	    !w->owner->d->stopping)
		log_warning(
		    "%s does not hear that a worker ended", w->owner->name);
}

/* Its user is the next worker's. */
static void
take_back(const struct worker *w)
{
	struct usb_address at;

	if (w->device != 0 && usb_unpack(w->device, &at) == ERR_OK)
		device_revoke(&at, w->uid);
	if (w->line[0] != '\0')
		device_line_revoke(w->line, w->uid, w->uid);
}

static int
on_worker_exit(sd_event_source *src UNUSED, const siginfo_t *si, void *data)
{
	struct worker *w = data;
	struct scsd *d = w->owner->d;

	if (!d->stopping && !w->given_up &&
	    (si->si_code != CLD_EXITED || si->si_status != 0))
		log_warning("a worker of %s (pid %ld) %s %d", w->owner->name,
		    (long)si->si_pid,
		    si->si_code == CLD_EXITED ? "exited with status"
					      : "was killed by signal",
		    si->si_status);
	w->child = sd_event_source_disable_unref(w->child);
	take_back(w);
	tell_gone(w);
	*w = (struct worker){ 0 };
	if (d->stopping && service_running(d) == 0 && worker_running(d) == 0)
		(void)sd_event_exit(d->ev, 0);
	return 0;
}

/*
 * PINs go to whoever listens there: with root's powers behind us, only where
 * nobody but root could have put the socket.
 */
static err_t
connect_pcscd(const struct scsd *d, int *opened)
{
	err_t e = ERR_OK;

	if (d->separate && (e = peer_path_trusted(d->opt.pcscd)))
		log_err("%s: a folder on the way to it is not root's alone: "
			"no PIN is sent there",
		    d->opt.pcscd);
	return e != ERR_OK ? e : fd_connect_unix(d->opt.pcscd, opened);
}

/* The worker's second descriptor: its way to the reader or to the card. */
static err_t
device_side(struct scsd *d, const struct control *c, int *opened, int *use)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if (c->kind == WORKER_USB) /* it opens its device itself */
		return c->index < d->bundles.n &&
			d->bundles.dir[c->index][0] != '\0'
		    ? ERR_OK
		    : ERR_ABSENT;
	if (c->kind == WORKER_IFD) {
		if (c->index < d->opt.virtual_n)
			*use = d->virtual_listen[c->index];
		else if (!drivers_reader(d, c->index - d->opt.virtual_n))
			return ERR_ABSENT;
		return ERR_OK;
	}
	if (d->opt.pcscd != NULL)
		e = connect_pcscd(d, opened);
	else if ((e = path_under(d->opt.prefix, PATH_READER_SOCK, path)) ==
	    ERR_OK)
		e = fd_connect_unix(path, opened);
	if (e != ERR_OK)
		return e;
	*use = *opened;
	return ERR_OK;
}

/* A new worker's descriptors; -1: none. */
struct ends {
	int ours, theirs; /* the channel */
	int hear, say; /* a driver's pipe */
	int read, print; /* the pipe of its standard output and error */
};

static err_t
make_ends(uint32_t kind, struct ends *out)
{
	err_t e = fd_pair(SOCK_STREAM, &out->ours, &out->theirs);

	if (e == ERR_OK && kind != WORKER_TOKEN)
		e = fd_pipe(&out->hear, &out->say);
	if (e == ERR_OK && kind != WORKER_TOKEN)
		e = fd_pipe(&out->read, &out->print);
	/* nobody waits to be read who says too much (readerd/said.h) */
	if (e == ERR_OK && out->print >= 0)
		e = fd_nonblock(out->print);
	return e;
}

static void
close_ends(struct ends *ends)
{
	fd_close(&ends->ours);
	fd_close(&ends->theirs);
	fd_close(&ends->hear);
	fd_close(&ends->say);
	fd_close(&ends->read);
	fd_close(&ends->print);
}

/* A worker's command line; `num` is its scratch space. */
struct args {
	const char *v[ARGS_MAX];
	size_t n;
	char num[16];
};

static void
add(struct args *a, const char *option, const char *value)
{
	if (a->n + 2 >= ARGS_MAX)
		return;
	a->v[a->n++] = option;
	if (value != NULL)
		a->v[a->n++] = value;
}

static void
add_driver(struct scsd *d, uint32_t index, struct args *a)
{
	const struct reader_conf *r;

	if (d->opt.card_timeout != NULL)
		add(a, "--card-timeout-ms", d->opt.card_timeout);
	if (index < d->opt.virtual_n) {
		add(a, "--virtual", d->opt.virtual_names[index]);
		return;
	}
	r = drivers_reader(d, index - d->opt.virtual_n); /* device_side() */
	(void)snprintf(
	    a->num, sizeof(a->num), "%lu", (unsigned long)r->channel);
	add(a, "--ifdhandler", r->library);
	add(a, "--name", r->name);
	add(a, "--device", r->device);
	add(a, "--channel", a->num);
}

static void
add_usb(struct scsd *d, const struct control *c, struct args *a)
{
	struct usb_address at;

	if (d->opt.card_timeout != NULL)
		add(a, "--card-timeout-ms", d->opt.card_timeout);
	add(a, "--bundle", d->bundles.dir[c->index]);
	/* checked by give_device() */
	if (usb_unpack(c->device, &at) == ERR_OK)
		usb_text(&at, a->num);
	add(a, "--usb", a->num);
}

static void
build_args(struct scsd *d, const struct control *c, struct args *a)
{
	*a = (struct args){ 0 };
	add(a, c->kind == WORKER_TOKEN ? "scs-token-worker" : "scs-ifd", NULL);
	if (d->opt.debug)
		add(a, "--debug", NULL);
	if (c->kind == WORKER_TOKEN && d->opt.pcscd != NULL)
		add(a, "--pcscd", NULL);
	if (c->kind == WORKER_IFD)
		add_driver(d, c->index, a);
	if (c->kind == WORKER_USB)
		add_usb(d, c, a);
}

/* What a reader of reader.conf is at: a serial line, as a rule. */
static void
give_line(struct worker *w, uint32_t index, uid_t uid)
{
	const struct scsd *d = w->owner->d;
	const struct reader_conf *r = index < d->opt.virtual_n
	    ? NULL
	    : drivers_reader(d, index - d->opt.virtual_n);
	char node[READER_CONF_PATH];

	if (!d->separate || r == NULL ||
	    !device_line(r->device, node, sizeof(node)))
		return;
	w->uid = uid;
	memcpy(w->line, node, sizeof(node));
	/* that it was not is logged; the driver says what it means */
	if (device_line_grant(node, uid) != ERR_OK)
		w->line[0] = '\0';
}

/* The USB device, and no other, to the worker's user, and to no other. */
static err_t
give_device(struct worker *w, const struct control *c, uid_t uid)
{
	struct usb_address at;
	err_t e;

	if (c->kind == WORKER_IFD)
		give_line(w, c->index, uid);
	if (c->kind != WORKER_USB)
		return ERR_OK;
	if ((e = usb_unpack(c->device, &at)))
		return e;
	if (!w->owner->d->separate)
		return ERR_OK; /* it is as much ours as the worker's */
	w->uid = uid;
	w->device = c->device;
	return device_grant(&at, uid);
}

static err_t
start(struct worker *w, const struct control *c, const struct ends *ends)
{
	struct scsd *d = w->owner->d;
	CLOSE_FD int opened = -1;
	char program[SCS_PATH_MAX];
	struct args args;
	struct spawn sp = { .program = program,
		.argv = args.v,
		.drop = d->separate,
		.few = true };
	struct user_id user = { 0 };
	int device = -1;
	err_t e;

	if ((e = device_side(d, c, &opened, &device)))
		return e;
	sp.fds[sp.fds_n++] = ends->theirs;
	if (ends->say >= 0)
		sp.fds[sp.fds_n++] = ends->say;
	if (device >= 0)
		sp.fds[sp.fds_n++] = device;
	if (ends->print >= 0)
		sp.print = ends->print;
	build_args(d, c, &args);
	if ((e = scsd_program(d, args.v[0], program)))
		return e;
	if (d->separate && (e = free_user(d, w, &user)))
		return e;
	sp.uid = user.uid;
	sp.gid = user.gid;
	if ((e = give_device(w, c, user.uid)) ||
	    (e = spawn_child(&sp, &w->pid)))
		return e;
	if (sd_event_add_child(
		d->ev, &w->child, w->pid, WEXITED, on_worker_exit, w) < 0) {
		(void)kill(w->pid, SIGKILL);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static void
hand_over(const struct service *s, const struct control *request,
    const struct ends *ends, err_t started)
{
	struct control c = { .type = CONTROL_WORKER_SAYS,
		.kind = request->kind,
		.index = request->index,
		.cookie = request->cookie };
	err_t e = ERR_OK;

	if (started == ERR_OK && ends->hear >= 0)
		e = control_send(s->control, &c, ends->hear);
	c.type = CONTROL_WORKER_PRINTS;
	if (e == ERR_OK && started == ERR_OK && ends->read >= 0)
		e = control_send(s->control, &c, ends->read);
	c.type = CONTROL_WORKER;
	c.error = started;
	if (e == ERR_OK)
		e = control_send(
		    s->control, &c, started == ERR_OK ? ends->ours : -1);
	if (e != ERR_OK)
		log_warning(
		    "%s does not take the worker it asked for", s->name);
}

void
worker_spawn(struct service *s, const struct control *request)
{
	struct ends ends = { -1, -1, -1, -1, -1, -1 };
	struct worker *w = free_entry(s);
	err_t e;

	if (!may_spawn(s, request->kind))
		e = ERR_DENIED;
	else if (w == NULL)
		e = ERR_LIMIT;
	else if ((e = make_ends(request->kind, &ends)) == ERR_OK) {
		w->owner = s;
		w->kind = request->kind;
		w->cookie = request->cookie;
		if ((e = start(w, request, &ends))) {
			take_back(w);
			*w = (struct worker){ 0 };
		}
	}
	if (e == ERR_LIMIT && w == NULL)
		log_warning("%s asked for a worker: it has %u already, as many "
			    "as it may have",
		    s->name, workers_most(s));
	else if (e == ERR_REMOVED)
		log_debug("a USB reader was unplugged meanwhile");
	else if (e != ERR_OK)
		log_warning("%s asked for a worker: %s", s->name, err_text(e));
	hand_over(s, request, &ends, e);
	close_ends(&ends);
}

/* A late request finds nobody: the worker may have ended by itself. */
void
worker_kill(struct service *s, uint32_t cookie)
{
	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->d->workers[i];

		if (w->owner != s || w->cookie != cookie || w->pid <= 0)
			continue;
		log_debug("%s gives up a worker (pid %ld): killing it", s->name,
		    (long)w->pid);
		w->given_up = true;
		(void)kill(w->pid, SIGKILL);
	}
}

void
worker_kill_all_of(struct service *s)
{
	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->d->workers[i];

		if (w->owner == s && w->pid > 0)
			(void)kill(w->pid, SIGKILL);
	}
}

void
child_look_again(sd_event_source *child)
{
	if (child == NULL)
		return;
	(void)sd_event_source_set_enabled(child, SD_EVENT_OFF);
	(void)sd_event_source_set_enabled(child, SD_EVENT_ONESHOT);
}

void
worker_watch(struct scsd *d)
{
	for (unsigned int i = 0; i < WORKERS_MAX; i++)
		child_look_again(d->workers[i].child);
}

void
worker_end_all(struct scsd *d)
{
	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &d->workers[i];

		if (w->owner == NULL)
			continue;
		if (w->pid > 0)
			(void)kill(w->pid, SIGKILL);
		take_back(w);
	}
}

unsigned int
worker_running(const struct scsd *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORKERS_MAX; i++)
		n += d->workers[i].owner != NULL;
	return n;
}
