/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scsd: the supervisor. It opens the sockets, starts the services and their
 * workers, restarts what dies, and parses nothing from outside.
 */
#include <getopt.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "scsd/scsd.h"

#define EXIT_USAGE 2
#define STOP_GRACE_USEC (3 * 1000000ull)
#define WATCH_USEC (5 * 1000000ull)

static const char usage[] =
    "usage: scsd [options]\n"
    "The smart card service: starts and supervises the reader, token and\n"
    "login services.\n"
    "\n"
    "  --prefix DIR     all paths below DIR, for tests and demonstrations\n"
    "  --virtual NAME   add a virtual reader with this name (may be repeated)\n"
    "  --pcscd [PATH]   no reader service: use the pcscd that listens at PATH\n"
    "                   (" PATH_PCSC_SOCK ")\n"
    "  --reader-conf DIR  readers that no bus announces\n"
    "                   (/etc/reader.conf.d)\n"
    "  --card-timeout-ms N  wait so long for a card's answer (60000)\n"
    "  --libexec DIR    where the services' programs are\n"
    "                   (" SCS_LIBEXECDIR ")\n"
    "  --access POLICY  who may see the cards: \"seat\" (root, and users with\n"
    "                   an active local session) or \"all\"; default: seat\n"
    "  --debug          say more\n"
    "  --help           this text\n"
    "  --version        the version\n"
    "\n"
    "Exit status: 0 stopped by a signal, 1 could not start, 2 usage.\n"
    "See scsd(8).\n";

err_t
scsd_program(const struct scsd *d, const char *name, char out[SCS_PATH_MAX])
{
	int r = snprintf(out, SCS_PATH_MAX, "%s/%s", d->opt.libexec, name);

	return r < 0 || r >= SCS_PATH_MAX ? ERR_LIMIT : ERR_OK;
}

static int
add_virtual(struct options *o, const char *name)
{
	if (o->virtual_n == VIRTUAL_MAX || name[0] == '\0' ||
	    strlen(name) > 100) {
		fprintf(stderr,
		    "scsd: at most %d virtual readers, with names of 1 to 100 "
		    "characters\n",
		    VIRTUAL_MAX);
		return EXIT_USAGE;
	}
	o->virtual_names[o->virtual_n++] = name;
	return 0;
}

/* The path may stand apart: nothing else follows an option here. */
static const char *
pcscd_path(int argc, char **argv)
{
	if (optarg != NULL)
		return optarg;
	if (optind < argc && argv[optind][0] == '/')
		return argv[optind++];
	return PATH_PCSC_SOCK;
}

/* A pcscd has readers of its own; we add none. */
static int
check_pcscd(const struct options *o)
{
	if (o->pcscd == NULL)
		return 0;
	if (o->virtual_n == 0 && o->pcscd[0] == '/')
		return 0;
	fprintf(stderr,
	    "scsd: --pcscd takes an absolute path and goes without "
	    "--virtual\n");
	return EXIT_USAGE + 1;
}

/* 1 to 600000, which scs-ifd takes. */
static bool
digits(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 6 && text[n] == '\0' && text[0] != '0';
}

/* 0: go on. Otherwise the exit status + 1, so that --help can end with 0. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	/* clang-format off */
	static const struct option longs[] = {
		{ "prefix",  required_argument, NULL, 'p' },
		{ "virtual", required_argument, NULL, 'v' },
		{ "pcscd",   optional_argument, NULL, 'c' },
		{ "libexec", required_argument, NULL, 'l' },
		{ "reader-conf", required_argument, NULL, 'r' },
		{ "card-timeout-ms", required_argument, NULL, 't' },
		{ "access",  required_argument, NULL, 'a' },
		{ "debug",   no_argument,       NULL, 'd' },
		{ "help",    no_argument,       NULL, 'h' },
		{ "version", no_argument,       NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	/* clang-format on */
	int c;

	*o = (struct options){ .prefix = "", .libexec = SCS_LIBEXECDIR };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'p')
			o->prefix = optarg;
		else if (c == 'v' && add_virtual(o, optarg) != 0)
			return EXIT_USAGE + 1;
		else if (c == 'c')
			o->pcscd = pcscd_path(argc, argv);
		else if (c == 'l')
			o->libexec = optarg;
		else if (c == 'a' && strcmp(optarg, "all") == 0)
			o->access_all = true;
		else if (c == 'a' && strcmp(optarg, "seat") != 0)
			goto wrong;
		else if (c == 'r')
			o->reader_conf = optarg;
		else if (c == 't' && digits(optarg))
			o->card_timeout = optarg;
		else if (c == 'd')
			o->debug = true;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? 2 : 1;
		else if (c == 'V')
			return printf("scsd %s\n", SCS_VERSION) < 0 ? 2 : 1;
		else if (c == '?' || c == 't')
			goto wrong;
	}
	if (optind == argc)
		return check_pcscd(o);
wrong:
	fputs(usage, stderr);
	return EXIT_USAGE + 1;
}

static int
on_timeout(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct scsd *d = data;

	log_warning("services did not stop in time: killing them");
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		if (d->services[i].pid > 0)
			(void)kill(d->services[i].pid, SIGKILL);
	}
	return sd_event_exit(d->ev, 0);
}

static int
on_signal(sd_event_source *src UNUSED, const struct signalfd_siginfo *si UNUSED,
    void *data)
{
	struct scsd *d = data;

	if (d->stopping)
		return 0;
	d->stopping = true;
	(void)sd_notify(0, "STOPPING=1");
	log_notice("stopping");
	if (service_running(d) == 0)
		return sd_event_exit(d->ev, 0);
	service_stop_all(d);
	return sd_event_add_time_relative(
	    d->ev, NULL, CLOCK_MONOTONIC, STOP_GRACE_USEC, 0, on_timeout, d);
}

/* As other services do: read the configuration again. */
static int
on_hangup(sd_event_source *src UNUSED, const struct signalfd_siginfo *si UNUSED,
    void *data)
{
	struct scsd *d = data;

	if (!d->stopping && service_used(d, SVC_READERD))
		drivers_reload(d);
	return 0;
}

static int
on_watch(sd_event_source *src, uint64_t usec, void *data)
{
	service_watch(data);
	worker_watch(data);
	if (sd_event_source_set_time(src, usec + WATCH_USEC) < 0)
		return -1;
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int
setup_loop(struct scsd *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	if (sd_event_default(&d->ev) < 0 ||
	    sd_event_add_signal(d->ev, NULL, SIGTERM, on_signal, d) < 0 ||
	    sd_event_add_signal(d->ev, NULL, SIGINT, on_signal, d) < 0 ||
	    sd_event_add_signal(d->ev, NULL, SIGHUP, on_hangup, d) < 0 ||
	    sd_event_add_time_relative(d->ev, NULL, CLOCK_MONOTONIC, WATCH_USEC,
		WATCH_USEC / 2, on_watch, d) < 0)
		return -1;
	(void)sd_event_set_watchdog(d->ev, true);
	return 0;
}

/*
 * Root keeps what starting children under other users takes, and nothing else.
 * capset(2) itself: two structs, not worth a library.
 */
static bool
keep_few_capabilities(void)
{
	const uint32_t keep = 1u << CAP_SETUID | 1u << CAP_SETGID |
	    1u << CAP_KILL | 1u << CAP_SYS_RESOURCE;
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };

	/* in a container some are missing from the start: do not ask for them
	 */
	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	data[0].effective = data[0].permitted = data[0].permitted & keep;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, data) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static int
run(struct scsd *d)
{
	int r;

	if (!d->separate)
		log_warning("running as an ordinary user: services are not "
			    "separated by user");
	if (setup_loop(d) != 0) {
		log_err("cannot set up the event loop");
		return 1;
	}
	if (service_init(d) != ERR_OK)
		return 1;
	if (d->separate && !keep_few_capabilities()) {
		log_err("cannot give up privileges");
		return 1;
	}
	if (service_used(d, SVC_READERD))
		drivers_watch(d);
	for (unsigned int i = 0; i < SVC_COUNT; i++) {
		if (!service_used(d, i))
			continue;
		if (service_start(&d->services[i]) != ERR_OK) {
			log_err("cannot start %s", d->services[i].name);
			return 1;
		}
	}
	r = sd_event_loop(d->ev) < 0 ? 1 : 0;
	worker_end_all(d); /* those that did not stop in time */
	return r;
}

int
main(int argc, char **argv)
{
	static struct scsd d;
	int r;

	if ((r = parse_options(argc, argv, &d.opt)) != 0)
		return r - 1;
	log_init(
	    "scsd", STDERR_FILENO, d.opt.debug ? LOG_LV_DEBUG : LOG_LV_NOTICE);
	d.separate = geteuid() == 0;
	for (unsigned int i = 0; i < VIRTUAL_MAX; i++)
		d.virtual_listen[i] = -1;
	return run(&d);
}
