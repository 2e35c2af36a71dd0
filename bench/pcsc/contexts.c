/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contexts: so many connected contexts at once, each with one command, and the
 * service's memory before and after. startup: from exec to the first list of
 * readers.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "bench.h"

#define PROCESSES 50

static struct tally {
	_Atomic uint32_t opened, connected, transmitted, done;
	_Atomic uint32_t first_error; /* 0: none */
} * tally;

static bool
went_well(LONG rv)
{
	uint32_t none = 0;

	if (rv == SCARD_S_SUCCESS)
		return true;
	(void)atomic_compare_exchange_strong(
	    &tally->first_error, &none, (uint32_t)rv);
	return false;
}

static void
open_range(unsigned int from, unsigned int to)
{
	uint8_t *apdu = make_apdu();
	SCARDCONTEXT context;
	SCARDHANDLE card;

	for (unsigned int i = from; i < to; i++) {
		if (!went_well(SCardEstablishContext(
			SCARD_SCOPE_SYSTEM, NULL, NULL, &context)))
			continue;
		atomic_fetch_add(&tally->opened, 1);
		if (!went_well(connect_card(context, i % opt.readers, &card)))
			continue;
		atomic_fetch_add(&tally->connected, 1);
		if (went_well(transmit(card, apdu)))
			atomic_fetch_add(&tally->transmitted, 1);
	}
	atomic_fetch_add(&tally->done, 1);
	for (;;)
		(void)pause();
}

int
run_contexts(const char *name)
{
	pid_t pids[PROCESSES];
	uint64_t t0, t1;

	tally = shared_memory(sizeof(*tally));
	printf("{\"bench\":\"%s\",\"wanted\":%u,", name, opt.contexts);
	print_process("before", opt.pid);
	(void)fflush(stdout);
	t0 = now_ns();
	for (unsigned int i = 0; i < PROCESSES; i++) {
		if ((pids[i] = fork()) < 0)
			fatal("fork", 0);
		if (pids[i] == 0)
			open_range(opt.contexts * i / PROCESSES,
			    opt.contexts * (i + 1) / PROCESSES);
	}
	while (atomic_load(&tally->done) < PROCESSES &&
	    now_ns() - t0 < opt.seconds * 1000000000ull)
		(void)usleep(1000);
	t1 = now_ns();
	(void)usleep(300000);
	printf(",\"opened\":%u,\"connected\":%u,\"transmitted\":%u,"
	       "\"first_error\":\"0x%08X\",\"open_ms\":%.1f,",
	    tally->opened, tally->connected, tally->transmitted,
	    tally->first_error, (double)(t1 - t0) / 1e6);
	print_process("after", opt.pid);
	printf("}\n");
	for (unsigned int i = 0; i < PROCESSES; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	return 0;
}

static pid_t
start_service(char **argv)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		fatal("fork", 0);
	if (pid > 0)
		return pid;
	fd = open("/dev/null", O_RDWR);
	(void)dup2(fd, 1);
	(void)dup2(fd, 2);
	(void)execv(argv[0], argv);
	_exit(127);
}

/* A reader is listed: true. */
static bool
lists_a_reader(void)
{
	SCARDCONTEXT context;
	DWORD len = 0;
	LONG rv;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	    SCARD_S_SUCCESS)
		return false;
	rv = SCardListReaders(context, NULL, NULL, &len);
	(void)SCardReleaseContext(context);
	return rv == SCARD_S_SUCCESS && len > 1;
}

int
run_startup(char **argv)
{
	uint64_t t0 = now_ns(), t;
	pid_t pid = start_service(argv);

	while (!lists_a_reader()) {
		if (now_ns() - t0 > 10000000000u)
			fatal("the service does not start", 0);
		(void)usleep(300);
	}
	t = now_ns() - t0;
	printf("{\"bench\":\"startup\",\"first_list_us\":%.1f}\n",
	    (double)t / 1000.0);
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	return 0;
}
