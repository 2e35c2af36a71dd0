/* SPDX-License-Identifier: BSD-2-Clause */
/* Times, their quantiles, and what /proc says about a process. */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "bench.h"

uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
fatal(const char *what, LONG rv)
{
	fprintf(stderr, "pcbench: %s: 0x%08lX (errno %s)\n", what,
	    (unsigned long)rv & 0xfffffffful, strerror(errno));
	exit(1);
}

void
need(const char *what, LONG rv)
{
	if (rv != SCARD_S_SUCCESS)
		fatal(what, rv);
}

void *
shared_memory(size_t n)
{
	void *p = mmap(
	    NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fatal("mmap", 0);
	return p;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
quantile_us(const uint64_t *sorted, size_t n, double q)
{
	if (n == 0)
		return 0;
	return (double)sorted[(size_t)(q * (double)(n - 1) + 0.5)] / 1000.0;
}

void
print_figures(const char *name, uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), compare);
	printf("\"%s\":{\"n\":%zu,\"min\":%.2f,\"median\":%.2f,\"p90\":%.2f,"
	       "\"p99\":%.2f,\"max\":%.2f}",
	    name, n, quantile_us(ns, n, 0), quantile_us(ns, n, 0.5),
	    quantile_us(ns, n, 0.9), quantile_us(ns, n, 0.99),
	    quantile_us(ns, n, 1));
}

/* The number behind `key` in a file of /proc/PID; -1: none. */
static long
proc_value(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	long v = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if ((f = fopen(path, "r")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0) {
			v = strtol(line + strlen(key), NULL, 10);
			break;
		}
	}
	(void)fclose(f);
	return v;
}

void
print_process(const char *name, pid_t pid)
{
	printf("\"%s\":{\"rss_kb\":%ld,\"private_dirty_kb\":%ld,"
	       "\"vsz_kb\":%ld,\"threads\":%ld}",
	    name, proc_value(pid, "status", "VmRSS:"),
	    proc_value(pid, "smaps_rollup", "Private_Dirty:"),
	    proc_value(pid, "status", "VmSize:"),
	    proc_value(pid, "status", "Threads:"));
}
