/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-tokend: the tokens of this machine. It watches the readers, has a worker
 * for each card, and passes requests of clients to it. It parses nothing that a
 * card says.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "ipc/control.h"
#include "sandbox/sandbox.h"
#include "tokend/tokend.h"

#define ALIVE_US (5 * 1000000ull)
#define CLIENTS_UID 64
#define CLIENTS_ALL 512

struct options {
	const char *pcsc, *prefix, *standalone, *worker;
	struct access access;
	bool debug;
};

static const char usage[] =
    "usage: scs-tokend --pcsc-socket PATH [--prefix DIR] [--auth-uid UID]\n"
    "                  [--group GID] [--access all|session] [--debug]\n"
    "       scs-tokend --standalone DIR --worker PROGRAM [...]\n"
    "Finds the tokens on smart cards and uses them for its clients. Started\n"
    "by scsd(8), which passes a control channel as descriptor 3 and the\n"
    "listening socket as 4.\n"
    "  --pcsc-socket PATH  the PC/SC service that tells of readers and cards\n"
    "  --prefix DIR        all preferences below DIR\n"
    "  --auth-uid UID      the login service's user\n"
    "  --group GID         members may use the cards as well\n"
    "  --access all        every local user may (default: session, the user\n"
    "                      at the machine)\n"
    "  --standalone DIR    without scsd: listen on DIR/token.sock, use\n"
    "                      DIR/pcscd.comm and DIR/reader.sock\n"
    "  --worker PROGRAM    scs-token-worker, with --standalone\n"
    "  --debug             log more\n"
    "  --help, --version\n";

static bool
parse_id(const char *s, uint32_t *out)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0 || s[0] < '0' || s[0] > '9' || *end != '\0' ||
	    v >= UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
parse_access(const char *s, bool *all)
{
	*all = strcmp(s, "all") == 0;
	return *all || strcmp(s, "session") == 0;
}

static bool
option(int o, struct options *opt)
{
	switch (o) {
	case 'p':
		opt->pcsc = optarg;
		return true;
	case 'P':
		opt->prefix = optarg;
		return true;
	case 's':
		opt->standalone = optarg;
		return true;
	case 'w':
		opt->worker = optarg;
		return true;
	case 'u':
		return parse_id(optarg, &opt->access.auth_uid);
	case 'g':
		return parse_id(optarg, &opt->access.group);
	case 'a':
		return parse_access(optarg, &opt->access.all);
	case 'd':
		opt->debug = true;
		return true;
	default:
		return false;
	}
}

/* -1: run; else the exit status. */
static int
parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "pcsc-socket", required_argument, NULL, 'p' },
		{ "prefix", required_argument, NULL, 'P' },
		{ "auth-uid", required_argument, NULL, 'u' },
		{ "group", required_argument, NULL, 'g' },
		{ "access", required_argument, NULL, 'a' },
		{ "standalone", required_argument, NULL, 's' },
		{ "worker", required_argument, NULL, 'w' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (o == 'h' || o == 'v') {
			(void)printf("%s",
			    o == 'h' ? usage : "scs-tokend " SCS_VERSION "\n");
			return 0;
		}
		if (!option(o, opt)) {
			(void)fprintf(stderr, "%s", usage);
			return 2;
		}
	}
	if (optind != argc ||
	    (opt->standalone == NULL) == (opt->pcsc == NULL) ||
	    (opt->standalone == NULL) != (opt->worker == NULL)) {
		(void)fprintf(stderr, "%s", usage);
		return 2;
	}
	return -1;
}

static int
on_control(sd_event_source *src UNUSED, int fd, uint32_t ev UNUSED, void *data)
{
	struct tokend *d = data;
	struct control c;
	int with = -1;
	err_t e;

	e = control_recv(fd, &c, &with, 0);
	if (e == ERR_TIMEOUT)
		return 0;
	if (e != ERR_OK) {
		(void)sd_event_exit(d->ev, 0);
		return 0;
	}
	if (c.type == CONTROL_WORKER)
		entry_worker(d, c.cookie, with, err_from_wire(c.error));
	else if (c.type == CONTROL_WORKER_GONE)
		entry_worker_gone(d, c.cookie);
	if (c.type != CONTROL_WORKER)
		fd_close(&with);
	return 0;
}

static int
on_alive(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct control c = { .type = CONTROL_ALIVE };
	struct tokend *d = data;

	if (control_send(d->control, &c, -1) != ERR_OK)
		(void)sd_event_exit(d->ev, 0);
	(void)sd_event_source_set_time_relative(src, ALIVE_US);
	(void)sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	return 0;
}

/* Under scsd: its channel, its socket, and no way out of what we may do. */
static err_t
start_service(struct tokend *d, const char *prefix, int *listen)
{
	static const struct control ready = { .type = CONTROL_READY };
	err_t e;

	d->control = CONTROL_FD;
	*listen = CONTROL_LISTEN_FD;
	if (sd_event_add_io(d->ev, NULL, CONTROL_FD, EPOLLIN, on_control, d) <
		0 ||
	    sd_event_add_time_relative(
		d->ev, NULL, CLOCK_MONOTONIC, ALIVE_US, 0, on_alive, d) < 0)
		return ERR_NOMEM;
	if ((e = sandbox_harden()) || (e = drivers_start(d, prefix)) ||
	    (e = sandbox_enter(SANDBOX_SOCKETS | SANDBOX_LOOP |
		 SANDBOX_CONNECT | SANDBOX_READ_FILES)))
		return e;
	return control_send(CONTROL_FD, &ready, -1);
}

/* For tests: everything below one folder, workers are our own children. */
static err_t
start_standalone(struct tokend *d, const struct options *o, int *listen)
{
	static char pcsc[SCS_PATH_MAX], reader[SCS_PATH_MAX];
	char token[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(o->standalone, "/pcscd.comm", pcsc)) ||
	    (e = path_under(o->standalone, "/reader.sock", reader)) ||
	    (e = path_under(o->standalone, "/token.sock", token)))
		return e;
	(void)signal(SIGCHLD, SIG_IGN);
	d->control = -1;
	d->pcsc_path = pcsc;
	d->reader_path = reader;
	d->worker_program = o->worker;
	return fd_listen_unix(token, 0600, listen);
}

/* Numbers of another life of this process must not come again. */
static uint64_t
first_insertion(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static err_t
start(struct tokend *d, const struct options *o)
{
	int listen = -1;
	err_t e;

	*d = (struct tokend){ .access = o->access,
		.pcsc_path = o->pcsc,
		.last_insertion = first_insertion(),
		.patience = patience_default,
		.debug = o->debug };
	if (sd_event_default(&d->ev) < 0 ||
	    sd_event_add_signal(d->ev, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(d->ev, NULL, SIGINT, NULL, NULL) < 0)
		return ERR_NOMEM;
	e = o->standalone != NULL ? start_standalone(d, o, &listen)
				  : start_service(d, o->prefix, &listen);
	if (e != ERR_OK)
		return e;
	if ((e = server_new(d->ev, listen, CLIENTS_UID, CLIENTS_ALL,
		 &client_ops, d, &d->server)))
		return e;
	/* nobody's connections keep a login out */
	server_favour(d->server, d->access.auth_uid);
	watch_start(d);
	return ERR_OK;
}

static void
stop(struct tokend *d)
{
	watch_stop(d);
	server_free(&d->server);
	while (d->entries != NULL)
		entry_remove(d->entries);
	recalls_forget(&d->recalls);
	drivers_stop(d);
	d->leave_timer = sd_event_source_disable_unref(d->leave_timer);
	d->ev = sd_event_unref(d->ev);
}

int
main(int argc, char **argv)
{
	struct options o = { .access = {
				 .auth_uid = (uid_t)-1, .group = (gid_t)-1 } };
	struct tokend d;
	sigset_t ours;
	int status;
	err_t e;

	if ((status = parse_options(argc, argv, &o)) >= 0)
		return status;
	log_init("scs-tokend", STDERR_FILENO,
	    o.debug ? LOG_LV_DEBUG : LOG_LV_NOTICE);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ours, NULL);
	if ((e = start(&d, &o))) {
		log_err("cannot start: %s", err_text(e));
		return 1;
	}
	status = sd_event_loop(d.ev);
	stop(&d);
	return status < 0 ? 1 : status;
}
