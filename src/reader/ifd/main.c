/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-ifd: one reader driver in a process and sandbox of its own. See
 * scs-ifd(8). Its descriptors are in reader/worker.h.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "reader/host.h"
#include "reader/ifd/handler.h"
#include "reader/ifd/usb.h"
#include "reader/suspend.h"
#include "reader/virtual/virtual.h"
#include "sandbox/sandbox.h"

#define DEFAULT_TIMEOUT_MS 60000u /* a card makes an RSA 4096 key */
#define MAX_TIMEOUT_MS 600000u

static const char usage[] =
    "usage: scs-ifd --virtual NAME [--card-timeout-ms N]\n"
    "       scs-ifd --ifdhandler LIBRARY --name NAME [--device DEVICE]\n"
    "               [--channel N] [--card-timeout-ms N]\n"
    "       scs-ifd --bundle DIR --usb BUS:DEVICE:INTERFACE "
    "[--card-timeout-ms N]\n"
    "Hosts one reader driver; started by scsd for scs-readerd.\n"
    "\n"
    "  --virtual NAME        a virtual reader; its socket is descriptor 5\n"
    "  --ifdhandler LIBRARY  a reader that this IFDHandler drives\n"
    "  --name NAME           its name for people\n"
    "  --device DEVICE       what the driver opens\n"
    "  --channel N           or the number of its port\n"
    "  --bundle DIR          a USB reader, by the driver in this folder\n"
    "  --usb BUS:DEVICE:INTERFACE  where it is\n"
    "  --card-timeout-ms N   wait so long for a card's answer (60000)\n"
    "  --debug\n"
    "  --help, --version\n";

static bool
parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    v < least || v > most)
		return false;
	*out = v;
	return true;
}

static bool
set_option(
    int o, const char *text, struct driver_args *args, struct usb_args *usb)
{
	uint64_t v;

	switch (o) {
	case 'v':
	case 'n':
		/* one reader, of one kind */
		if (args->name != NULL || (o == 'v' && args->library != NULL))
			return false;
		args->name = text;
		args->device_fd = o == 'v' ? WORKER_DEVICE_FD : -1;
		return true;
	case 'b':
		usb->bundle = text;
		return text[0] == '/';
	case 'u':
		usb->given = true;
		return usb_parse(text, &usb->at) == ERR_OK;
	case 'i':
		args->library = text;
		return text[0] == '/';
	case 'D':
		args->device = text;
		return true;
	case 'c':
		if (!parse_number(text, 0, UINT32_MAX, &v))
			return false;
		args->channel = (uint32_t)v;
		return true;
	case 't':
		return parse_number(text, 1, MAX_TIMEOUT_MS, &args->timeout_ms);
	case 'd':
		log_init("scs-ifd", STDERR_FILENO, LOG_LV_DEBUG);
		return true;
	default:
		return false;
	}
}

/* A virtual reader has its descriptor, every other one a library. */
static bool
complete(const struct driver_args *args, const struct usb_args *usb)
{
	if (usb->given || usb->bundle != NULL)
		return usb->given && usb->bundle != NULL &&
		    args->name == NULL && args->library == NULL;
	return args->name != NULL && args->name[0] != '\0' &&
	    (args->device_fd >= 0) == (args->library == NULL);
}

/* 0 to go on, else the exit code + 1. */
static int
parse_args(
    int argc, char **argv, struct driver_args *args, struct usb_args *usb)
{
	static const struct option longs[] = {
		{ "virtual", required_argument, NULL, 'v' },
		{ "ifdhandler", required_argument, NULL, 'i' },
		{ "name", required_argument, NULL, 'n' },
		{ "device", required_argument, NULL, 'D' },
		{ "channel", required_argument, NULL, 'c' },
		{ "bundle", required_argument, NULL, 'b' },
		{ "usb", required_argument, NULL, 'u' },
		{ "card-timeout-ms", required_argument, NULL, 't' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (o == 'h') {
			(void)fputs(usage, stdout);
			return 1;
		}
		if (o == 'V') {
			(void)puts("scs-ifd " SCS_VERSION);
			return 1;
		}
		if (!set_option(o, optarg, args, usb)) {
			(void)fputs(usage, stderr);
			return 3;
		}
	}
	if (!complete(args, usb) || optind != argc) {
		(void)fputs(usage, stderr);
		return 3;
	}
	return 0;
}

/*
 * The card may have lost its power or be another one, and a driver's handle of
 * its device is of before. scs-readerd starts us again, and everything is read
 * anew.
 */
static void
on_awake(void *ctx)
{
	log_notice("the machine was suspended: the reader begins anew");
	(void)sd_event_exit(ctx, 0);
}

/* A reader at the end of a network is in reader.conf; one on USB needs none. */
static unsigned int
sandbox_of(const struct driver *driver, const struct driver_args *args)
{
	return args->usb ? driver->sandbox & ~(unsigned int)SANDBOX_INTERNET
			 : driver->sandbox;
}

static err_t
start(sd_event *ev, struct host *h, const struct driver *driver,
    const struct driver_args *args)
{
	const unsigned int groups = sandbox_of(driver, args);
	static struct suspend resume;
	sigset_t term;
	err_t e;

	/* one driver, one thread in it at a time: one heap will do */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigaddset(&term, SIGINT);
	/* a driver's write to a peer that has gone is its own affair */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &term, NULL) != 0 ||
	    sd_event_add_signal(ev, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(ev, NULL, SIGINT, NULL, NULL) < 0)
		return ERR_NOMEM;
	if ((e = sandbox_harden()) ||
	    (e = suspend_start(&resume, ev, on_awake, ev)) ||
	    (e = host_init(h, ev, WORKER_FD, WORKER_SAY_FD, driver)) ||
	    (e = sandbox_enter(
		 groups | driver->sandbox_start | SANDBOX_NARROW)) ||
	    (e = driver->start(h, ev, args, &h->self)))
		return e;
	e = sandbox_enter(groups);
	/* what loading it took, in each driver's process */
	(void)malloc_trim(0);
	return e;
}

int
main(int argc, char **argv)
{
	struct driver_args args = {
		.device_fd = -1, .device = "", .timeout_ms = DEFAULT_TIMEOUT_MS
	};
	struct usb_args usb = { 0 };
	const struct driver *driver;
	struct host host = { .channel = STREAM_NONE };
	sd_event *ev = NULL;
	err_t e = ERR_NOMEM;
	int r;

	log_init("scs-ifd", STDERR_FILENO, LOG_LV_NOTICE);
	r = parse_args(argc, argv, &args, &usb);
	if (r != 0)
		return r - 1;
	if (usb.given && usb_driver_args(&usb, &args) != ERR_OK)
		return 1;
	driver = args.library != NULL ? &handler_driver : &virtual_driver;
	if (sd_event_new(&ev) < 0 || (e = start(ev, &host, driver, &args))) {
		log_err(
		    "reader \"%s\": cannot start: %s", args.name, err_text(e));
		return 1;
	}
	r = sd_event_loop(ev);
	if (host.self != NULL)
		driver->stop(host.self);
	host_done(&host);
	sd_event_unref(ev);
	return r < 0 ? 1 : r;
}
