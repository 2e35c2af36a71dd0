/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-authd: who may log in with the card that is there. This process keeps
 * preferences and the index of records current and forks a session for each
 * caller; it parses nothing a caller or a card says.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "authd/gate.h"
#include "authd/jail.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "ident/cert.h"
#include "ipc/control.h"
#include "prefs/watch.h"

#define ALIVE_US (5 * 1000000ull)

struct options {
	const char *prefix, *token_path;
	uid_t token_uid;
	bool debug;
};

struct service {
	struct options opt;
	struct authd authd;
	sd_event *ev;
	sd_event_source *alive;
	struct watch *watch;
	struct gate *gate;
};

static const char usage[] =
    "usage: scs-authd --token-socket PATH --token-uid UID [--prefix DIR]\n"
    "                 [--debug]\n"
    "Decides who may log in with a smart card. Started by scsd(8), which\n"
    "passes a control channel as descriptor 3 and the socket as 4.\n"
    "  --token-socket PATH  the token service's socket\n"
    "  --token-uid UID      the user whose socket that must be\n"
    "  --prefix DIR         everything else is below DIR\n"
    "  --debug              log more\n"
    "  --help, --version\n";

static bool
parse_uid(const char *s, uid_t *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0 || s[0] < '0' || s[0] > '9' || *end != '\0' ||
	    v >= UINT32_MAX)
		return false;
	*out = (uid_t)v;
	return true;
}

/* -1: run; else the exit status. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option long_options[] = {
		{ "prefix", required_argument, NULL, 'p' },
		{ "token-socket", required_argument, NULL, 't' },
		{ "token-uid", required_argument, NULL, 'u' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	bool have_uid = false;
	int c;

	*o = (struct options){ .prefix = "" };
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->prefix = optarg;
			break;
		case 't':
			o->token_path = optarg;
			break;
		case 'u':
			have_uid = parse_uid(optarg, &o->token_uid);
			break;
		case 'd':
			o->debug = true;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 0;
		case 'v':
			(void)puts("scs-authd " SCS_VERSION);
			return 0;
		default:
			(void)fputs(usage, stderr);
			return 2;
		}
	}
	if (optind == argc && o->token_path != NULL && have_uid)
		return -1;
	(void)fputs(usage, stderr);
	return 2;
}

/* The machine's id, or one for as long as we run: it only keeps the messages
 * of different machines apart, the nonce makes them fresh. */
static err_t
machine_id(uint8_t out[PROOF_MACHINE])
{
	sd_id128_t id;

	if (sd_id128_get_machine(&id) >= 0) {
		memcpy(out, id.bytes, PROOF_MACHINE);
		return ERR_OK;
	}
	return getrandom(out, PROOF_MACHINE, 0) == PROOF_MACHINE ? ERR_OK
								 : ERR_IO;
}

static void
read_all(void *data)
{
	struct service *s = data;
	struct why why = { 0 };
	const char *problem;
	err_t e;

	prefs_reload(s->authd.prefs);
	for (size_t i = 0; (problem = prefs_problem(s->authd.prefs, i)) != NULL;
	     i++)
		log_err("preferences: %s: the last valid values stay", problem);
	if ((e = index_refresh(s->authd.index, &why)) != ERR_OK)
		log_err("records: %s", why_text(&why, e));
	if (index_problem(s->authd.index)[0] != '\0')
		log_err("records: %s: it pairs nobody",
		    index_problem(s->authd.index));
	log_debug("preferences and records read");
}

static int
on_alive(sd_event_source *src, uint64_t usec UNUSED, void *data)
{
	struct service *s = data;
	const struct control c = { .type = CONTROL_ALIVE };

	if (control_send(CONTROL_FD, &c, -1) == ERR_REMOVED)
		(void)sd_event_exit(s->ev, 0); /* scsd is gone */
	(void)sd_event_source_set_time_relative(src, ALIVE_US);
	(void)sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	return 0;
}

static int
on_control(sd_event_source *src, int fd, uint32_t ev UNUSED, void *data)
{
	struct service *s = data;
	CLOSE_FD int with = -1;
	struct control c;
	err_t e;

	if ((e = control_recv(fd, &c, &with, 0)) == ERR_TIMEOUT)
		return 0;
	if (e != ERR_OK) {
		(void)sd_event_source_set_enabled(src, SD_EVENT_OFF);
		(void)sd_event_exit(s->ev, e == ERR_REMOVED ? 0 : 1);
		return 0;
	}
	if (c.type == CONTROL_RELOAD)
		read_all(s);
	return 0;
}

static err_t
start_watch(struct service *s)
{
	static const char *const rel[] = { PATH_MANAGED_DIR, PATH_PREFS_DIR,
		PATH_USERS_DIR };
	const struct watch_below what = { s->opt.prefix, rel, nitems(rel) };

	return watch_new_below(s->ev, &what, read_all, s, &s->watch);
}

static err_t
connect_scsd(struct service *s)
{
	const struct control ready = { .type = CONTROL_READY };

	if (sd_event_add_io(s->ev, NULL, CONTROL_FD, EPOLLIN, on_control, s) <
		0 ||
	    sd_event_add_time_relative(s->ev, &s->alive, CLOCK_MONOTONIC,
		ALIVE_US, 0, on_alive, s) < 0)
		return ERR_NOMEM;
	return control_send(CONTROL_FD, &ready, -1);
}

static err_t
block_signals(struct service *s)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    sd_event_add_signal(s->ev, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(s->ev, NULL, SIGINT, NULL, NULL) < 0)
		return ERR_IO;
	return ERR_OK;
}

static err_t
start(struct service *s)
{
	err_t e;

	s->authd.prefix = s->opt.prefix;
	s->authd.token_path = s->opt.token_path;
	s->authd.token_uid = s->opt.token_uid;
	if ((e = cert_init()) || (e = machine_id(s->authd.machine)))
		return e;
	if (sd_event_default(&s->ev) < 0)
		return ERR_NOMEM;
	if ((e = prefs_open(s->opt.prefix, &s->authd.prefs)) ||
	    (e = index_new(s->opt.prefix, &s->authd.index)) ||
	    (e = block_signals(s)) || (e = start_watch(s)) ||
	    (e = service_jail()))
		return e;
	read_all(s);
	if ((e = gate_new(s->ev, CONTROL_LISTEN_FD, &s->authd, &s->gate)))
		return e;
	return connect_scsd(s);
}

static void
stop(struct service *s)
{
	gate_free(&s->gate);
	watch_free(&s->watch);
	index_free(&s->authd.index);
	prefs_close(&s->authd.prefs);
	sd_event_source_disable_unref(s->alive);
	sd_event_unref(s->ev);
}

int
main(int argc, char **argv)
{
	struct service s = { 0 };
	int status;
	err_t e;

	if ((status = parse_options(argc, argv, &s.opt)) >= 0)
		return status;
	log_init("scs-authd", STDERR_FILENO,
	    s.opt.debug ? LOG_LV_DEBUG : LOG_LV_NOTICE);
	if ((e = start(&s)) != ERR_OK) {
		log_err("cannot start: %s", err_text(e));
		status = 1;
	} else {
		status = sd_event_loop(s.ev) == 0 ? 0 : 1;
	}
	stop(&s);
	return status;
}
