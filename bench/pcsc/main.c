/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of pcbench; see bench.h. */
#include "bench.h"

#define SIZE_LIMIT 65538u /* of an APDU or an answer, bytes */
#define ITERATIONS_MAX 4000000u

struct options opt = { .send = 5,
	.recv = 2,
	.iterations = 5000,
	.clients = 1,
	.readers = 1,
	.contexts = 200,
	.seconds = 3 };

static const char usage[] =
    "usage: pcbench transmit [-s SEND] [-r RECV] [-n ITERATIONS]\n"
    "       pcbench txn|status|control|cycle|listreaders|getstatus0 [-n N]\n"
    "       pcbench event -c MOVER [-n MOVES] [-C CLIENTS]\n"
    "       pcbench churn -c MOVER [-n RETURNS] [-H US_BETWEEN_MOVES]\n"
    "       pcbench throughput [-C CLIENTS] [-R READERS] [-T SECONDS]\n"
    "       pcbench contend [-C CLIENTS] [-T SECONDS] [-H HOLD_US]\n"
    "       pcbench contexts -p PID [-N CONTEXTS] [-R READERS] [-T SECONDS]\n"
    "       pcbench startup -- PROGRAM ARGUMENTS...\n";

static unsigned int
number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 0);
}

static bool
set_option(int c)
{
	unsigned int *where = c == 's' ? &opt.send
	    : c == 'r'                 ? &opt.recv
	    : c == 'n'                 ? &opt.iterations
	    : c == 'C'                 ? &opt.clients
	    : c == 'R'                 ? &opt.readers
	    : c == 'T'                 ? &opt.seconds
	    : c == 'H'                 ? &opt.hold_us
	    : c == 'N'                 ? &opt.contexts
				       : NULL;

	if (where != NULL)
		*where = number(optarg);
	else if (c == 'c')
		opt.mover = optarg;
	else if (c == 'p')
		opt.pid = (pid_t)number(optarg);
	else
		return false;
	return true;
}

static bool
sensible(void)
{
	return opt.send >= 4 && opt.send <= SIZE_LIMIT && opt.recv >= 2 &&
	    opt.recv <= SIZE_LIMIT - 1 && opt.clients >= 1 &&
	    opt.clients <= CLIENTS_MAX && opt.readers >= 1 &&
	    opt.iterations >= 1 && opt.iterations <= ITERATIONS_MAX;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const char *name);
	} commands[] = { { "event", run_event }, { "churn", run_churn },
		{ "throughput", run_throughput }, { "contend", run_contend },
		{ "contexts", run_contexts } };
	const char *name = argc > 1 ? argv[1] : "";
	int c, r;

	optind = 2;
	while ((c = getopt(argc, argv, "+s:r:n:c:C:R:T:H:N:p:")) != -1) {
		if (!set_option(c)) {
			(void)fputs(usage, stderr);
			return 2;
		}
	}
	if (strcmp(name, "startup") == 0 && optind < argc)
		return run_startup(argv + optind);
	r = sensible() ? run_latency(name) : 2;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (sensible() && strcmp(commands[i].name, name) == 0)
			r = commands[i].run(name);
	}
	if (r == 2)
		(void)fputs(usage, stderr);
	return r;
}
