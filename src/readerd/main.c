/* SPDX-License-Identifier: BSD-2-Clause */
/* scs-readerd: see scs-readerd(8). */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/control.h"
#include "readerd/hotplug.h"
#include "readerd/listen.h"
#include "readerd/logging.h"
#include "readerd/standalone.h"
#include "readerd/supervisor.h"
#include "sandbox/sandbox.h"

#define TICK_USEC 2000000u

static const char usage[] =
    "usage: scs-readerd --readers N [--bundle DIR] [--access all] [--group "
    "GID]\n"
    "                   [--uid UID]\n"
    "       scs-readerd --standalone DIR --virtual NAME ... [--ifd PROGRAM]\n"
    "                   [--library IFDHANDLER]\n"
    "The reader service: PC/SC for every program. Started by scsd.\n"
    "\n"
    "  --readers N           ask scsd for the drivers 0 to N-1\n"
    "  --bundle DIR          drivers of USB readers (may be given 16 times)\n"
    "  --access all          let every user in\n"
    "  --group GID           let the members of this group in\n"
    "  --uid UID             let this user in (may be given 8 times)\n"
    "  --prefix DIR          the preferences are below DIR\n"
    "  --log-apdus           log the APDUs of the next reader that appears\n"
    "  --standalone DIR      without scsd, for tests: sockets below DIR\n"
    "  --virtual NAME        standalone: a virtual reader\n"
    "  --ifd PROGRAM         standalone: where scs-ifd is\n"
    "  --library IFDHANDLER  standalone: readers of this driver instead; each\n"
    "                        one's name is its device's, in DIR\n"
    "  --card-timeout-ms N   the drivers' time limit for a card (60000)\n"
    "  --debug\n"
    "  --help, --version\n";

struct options {
	unsigned long readers;
	unsigned long card_ms; /* 0: the default */
	const char *bundles[BUNDLES_MAX];
	size_t bundles_n;
	bool debug, log_apdus;
	const char *prefix; /* of the preferences; NULL: the system's */
	struct access access;
	struct standalone alone;
};

static bool
parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    v > max)
		return false;
	*out = v;
	return true;
}

static bool
set_access(struct access *a, int option, const char *text)
{
	unsigned long v;

	if (option == 'a') {
		a->all = strcmp(text, "all") == 0;
		return a->all;
	}
	if (!parse_number(text, UINT32_MAX - 1, &v))
		return false;
	if (option == 'g') {
		a->has_group = true;
		a->group = (gid_t)v;
		return true;
	}
	if (a->uids_n == ACCESS_UIDS_MAX)
		return false;
	a->uids[a->uids_n++] = (uid_t)v;
	return true;
}

static bool
set_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'r':
		return parse_number(text, IFDS_STATIC, &o->readers);
	case 'b':
		if (o->bundles_n == BUNDLES_MAX)
			return false;
		o->bundles[o->bundles_n++] = text;
		return text[0] == '/';
	case 'a':
	case 'g':
	case 'u':
		return set_access(&o->access, option, text);
	case 'p':
		o->prefix = text;
		return true;
	case 'L':
		o->log_apdus = true;
		return true;
	case 'd':
		o->debug = o->alone.debug = true;
		return true;
	case 's':
		o->alone.dir = text;
		return true;
	case 'i':
		o->alone.ifd_program = text;
		return true;
	case 'l':
		o->alone.library = text;
		return true;
	case 't':
		o->alone.timeout_ms = text;
		return parse_number(text, 600000, &o->card_ms);
	case 'v':
		if (o->alone.n == IFDS_STATIC)
			return false;
		o->alone.names[o->alone.n++] = text;
		return true;
	default:
		return false;
	}
}

/* 0 to go on, else the exit code + 1. */
static int
parse_args(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "readers", required_argument, NULL, 'r' },
		{ "bundle", required_argument, NULL, 'b' },
		{ "access", required_argument, NULL, 'a' },
		{ "group", required_argument, NULL, 'g' },
		{ "uid", required_argument, NULL, 'u' },
		{ "prefix", required_argument, NULL, 'p' },
		{ "log-apdus", no_argument, NULL, 'L' },
		{ "standalone", required_argument, NULL, 's' },
		{ "virtual", required_argument, NULL, 'v' },
		{ "ifd", required_argument, NULL, 'i' },
		{ "library", required_argument, NULL, 'l' },
		{ "card-timeout-ms", required_argument, NULL, 't' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 'h') {
			(void)fputs(usage, stdout);
			return 1;
		}
		if (opt == 'V') {
			(void)puts("scs-readerd " SCS_VERSION);
			return 1;
		}
		if (!set_option(o, opt, optarg)) {
			(void)fputs(usage, stderr);
			return 3;
		}
	}
	if (optind != argc) {
		(void)fputs(usage, stderr);
		return 3;
	}
	return 0;
}

static int
on_tick(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct service *svc = data;
	struct control alive = { .type = CONTROL_ALIVE };

	ifd_check(svc);
	if (svc->control >= 0 &&
	    control_send(svc->control, &alive, -1) == ERR_REMOVED)
		(void)sd_event_exit(svc->ev, 0);
	(void)sd_event_source_set_time_relative(src, TICK_USEC);
	(void)sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	return 0;
}

static err_t
add_sources(struct service *svc, bool children)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (children)
		(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    sd_event_add_signal(svc->ev, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(svc->ev, NULL, SIGINT, NULL, NULL) < 0 ||
	    sd_event_add_time_relative(
		svc->ev, NULL, CLOCK_MONOTONIC, 0, 0, on_tick, svc) < 0)
		return ERR_NOMEM;
	return ERR_OK;
}

/*
 * libpcsclite sends a call in two or three pieces. Who is woken by the first must
 * not push the client off the processor before the last: that would be two
 * changes of process for each piece. The driver's process is as others are.
 */
static void
let_clients_finish(void)
{
	static const struct sched_param none = { 0 };

	/* it works without as well */
	(void)sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none);
}

struct sockets {
	int pcsc, reader;
};

/* Sockets, drivers, and then the sandbox. */
static err_t
start(struct options *o, struct service *svc, struct listener l[2],
    struct hotplug **usb)
{
	bool alone = o->alone.dir != NULL;
	struct sockets s = { CONTROL_LISTEN_FD, CONTROL_LISTEN_FD + 1 };
	err_t e;

	svc->access = o->access;
	svc->log_next = o->log_apdus;
	if (o->card_ms != 0)
		svc->driver_ms = DRIVER_TIMEOUT_MS(o->card_ms);
	svc->clients_max = listen_room();
	let_clients_finish();
	if ((e = sandbox_harden()) || (e = add_sources(svc, alone)))
		return e;
	if (alone)
		e = standalone_start(&o->alone, svc, &s.pcsc, &s.reader);
	if (e != ERR_OK ||
	    (e = listen_start(&l[0], svc, s.pcsc, DIALECT_PLAIN)) ||
	    (e = listen_start(&l[1], svc, s.reader, DIALECT_WORKER)))
		return e;
	if (alone) {
		/* it starts its drivers itself, which no sandbox allows */
		log_notice("standalone: no sandbox; for tests only");
		return ERR_OK;
	}
	if ((e = logging_start(svc, o->prefix)) ||
	    (e = supervisor_start(svc, CONTROL_FD, (unsigned int)o->readers)))
		return e;
	/* without a bundle nothing is lost yet where there is no such news */
	e = hotplug_start(svc, o->bundles, o->bundles_n, usb);
	if (e != ERR_OK && o->bundles_n > 0)
		return e;
	/* files: what logind says about sessions (access.c), USB in /sys */
	return sandbox_enter(
	    SANDBOX_SOCKETS | SANDBOX_LOOP | SANDBOX_READ_FILES);
}

int
main(int argc, char **argv)
{
	struct options o = { .alone.ifd_program = SCS_LIBEXECDIR "/scs-ifd" };
	struct listener l[2] = { { .fd = -1 }, { .fd = -1 } };
	static struct service svc;
	struct hotplug *usb = NULL;
	sd_event *ev = NULL;
	int r = parse_args(argc, argv, &o);
	err_t e = ERR_NOMEM;

	if (r != 0)
		return r - 1;
	log_init("scs-readerd", STDERR_FILENO,
	    o.debug ? LOG_LV_DEBUG : LOG_LV_NOTICE);
	if (sd_event_new(&ev) < 0)
		return 1;
	service_init(&svc, ev);
	if ((e = start(&o, &svc, l, &usb))) {
		log_err("cannot start: %s", err_text(e));
		return 1;
	}
	r = stream_loop(ev);
	listen_stop(&l[0]);
	listen_stop(&l[1]);
	logging_stop(&svc);
	if (o.alone.dir != NULL)
		standalone_stop(&o.alone, &svc);
	hotplug_stop(&usb);
	service_done(&svc);
	return r < 0 ? 1 : r;
}
