/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-ifd: one reader driver in a process and sandbox of its own. See
 * scs-ifd(8). Descriptor 3 is the channel to scs-readerd, descriptor 4 the
 * virtual reader's listening socket.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "reader/host.h"
#include "reader/virtual/virtual.h"
#include "sandbox/sandbox.h"

#define DEFAULT_TIMEOUT_MS 60000u /* a card makes an RSA 4096 key */
#define MAX_TIMEOUT_MS 600000u

static const char usage[] =
    "usage: scs-ifd --virtual NAME [--card-timeout-ms N]\n"
    "Hosts one reader driver; started by scsd for scs-readerd.\n"
    "\n"
    "  --virtual NAME        a virtual reader; its socket is descriptor 4\n"
    "  --card-timeout-ms N   wait so long for a card's answer (60000)\n"
    "  --debug\n"
    "  --help, --version\n";

static bool
parse_ms(const char *text, uint64_t *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || v == 0 ||
	    v > MAX_TIMEOUT_MS)
		return false;
	*out = v;
	return true;
}

/* 0 to go on, else the exit code + 1. */
static int
parse_args(int argc, char **argv, struct driver_args *args)
{
	static const struct option longs[] = {
		{ "virtual", required_argument, NULL, 'v' },
		{ "card-timeout-ms", required_argument, NULL, 't' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (o == 'v') {
			args->name = optarg;
		} else if (o == 't' && parse_ms(optarg, &args->timeout_ms)) {
			continue;
		} else if (o == 'd') {
			log_init("scs-ifd", STDERR_FILENO, LOG_LV_DEBUG);
		} else if (o == 'h') {
			(void)fputs(usage, stdout);
			return 1;
		} else if (o == 'V') {
			(void)puts("scs-ifd " SCS_VERSION);
			return 1;
		} else {
			(void)fputs(usage, stderr);
			return 3;
		}
	}
	if (args->name == NULL || args->name[0] == '\0' || optind != argc) {
		(void)fputs(usage, stderr);
		return 3;
	}
	return 0;
}

static err_t
start(sd_event *ev, struct host *h, const struct driver_args *args)
{
	sigset_t term;
	err_t e;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigaddset(&term, SIGINT);
	if (sigprocmask(SIG_BLOCK, &term, NULL) != 0 ||
	    sd_event_add_signal(ev, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(ev, NULL, SIGINT, NULL, NULL) < 0)
		return ERR_NOMEM;
	if ((e = sandbox_harden()) ||
	    (e = host_init(h, ev, WORKER_FD, &virtual_driver)) ||
	    (e = virtual_driver.start(h, ev, args, &h->self)))
		return e;
	return sandbox_enter(SANDBOX_SOCKETS | SANDBOX_LOOP);
}

int
main(int argc, char **argv)
{
	struct driver_args args = { .device_fd = WORKER_DEVICE_FD,
		.timeout_ms = DEFAULT_TIMEOUT_MS };
	struct host host = { .channel.fd = -1 };
	sd_event *ev = NULL;
	err_t e = ERR_NOMEM;
	int r;

	log_init("scs-ifd", STDERR_FILENO, LOG_LV_NOTICE);
	r = parse_args(argc, argv, &args);
	if (r != 0)
		return r - 1;
	if (sd_event_new(&ev) < 0 || (e = start(ev, &host, &args))) {
		log_err(
		    "reader \"%s\": cannot start: %s", args.name, err_text(e));
		return 1;
	}
	r = stream_loop(ev);
	if (host.self != NULL)
		virtual_driver.stop(host.self);
	host_done(&host);
	sd_event_unref(ev);
	return r < 0 ? 1 : r;
}
