/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs when the programs are built: writes, as C, the filters of the sets of
 * groups that they enter (filters.h).
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/filters.h"
#include "sandbox/rules.h"
#include "sandbox/sandbox.h"

#define SERVICE (SANDBOX_SOCKETS | SANDBOX_LOOP)
#define DRIVER (SERVICE | SANDBOX_READ_FILES | SANDBOX_FOREIGN)
#define DRIVER_START (SANDBOX_STRANGERS | SANDBOX_NARROW)

/* A set that is missing here costs time, nothing else. */
static const unsigned int sets[] = {
	SANDBOX_SOCKETS, /* scs-token-worker */
	SERVICE | SANDBOX_READ_FILES, /* scs-readerd */
	SERVICE | SANDBOX_READ_FILES | SANDBOX_CONNECT, /* scs-tokend */
	SERVICE | SANDBOX_READ_FILES | SANDBOX_CONNECT | SANDBOX_FORK |
	    SANDBOX_NARROW | SANDBOX_STRANGERS, /* scs-authd */
	/* scs-ifd, until its driver is there and then */
	SERVICE | SANDBOX_NARROW,
	SERVICE,
	DRIVER | DRIVER_START,
	DRIVER,
	DRIVER | SANDBOX_INTERNET | DRIVER_START,
	DRIVER | SANDBOX_INTERNET,
};

static bool
print_code(FILE *to, size_t set, int code, size_t *n)
{
	struct sock_filter in;
	ssize_t r;

	*n = 0;
	if (lseek(code, 0, SEEK_SET) != 0)
		return false;
	(void)fprintf(
	    to, "static const struct sock_filter code_%zu[] = {\n", set);
	while ((r = read(code, &in, sizeof(in))) == sizeof(in)) {
		(void)fprintf(to, "\t{ 0x%02x, %u, %u, 0x%08x },\n",
		    (unsigned int)in.code, (unsigned int)in.jt,
		    (unsigned int)in.jf, (unsigned int)in.k);
		++*n;
	}
	(void)fprintf(to, "};\n");
	return r == 0 && *n > 0 && *n <= FILTER_MAX;
}

static bool
print_set(FILE *to, size_t set, size_t *n)
{
	int code = memfd_create("filter", MFD_CLOEXEC);
	scmp_filter_ctx f = NULL;
	bool ok = code >= 0 &&
	    rules_build(sets[set], RULES_PID, &f) == ERR_OK &&
	    seccomp_export_bpf(f, code) == 0 && print_code(to, set, code, n);

	if (f != NULL)
		seccomp_release(f);
	if (code >= 0)
		(void)close(code);
	return ok;
}

int
main(int argc, char **argv)
{
	size_t n[nitems(sets)];
	FILE *to;
	bool ok = true;

	if (argc != 2 || (to = fopen(argv[1], "we")) == NULL) {
		(void)fprintf(stderr, "usage: make-filters FILE\n");
		return 2;
	}
	(void)fprintf(to,
	    "/* made by make-filters */\n"
	    "#include \"sandbox/filters.h\"\n\n");
	for (size_t i = 0; ok && i < nitems(sets); i++)
		ok = print_set(to, i, &n[i]);
	(void)fprintf(to, "const struct filter filters[] = {\n");
	for (size_t i = 0; ok && i < nitems(sets); i++)
		(void)fprintf(
		    to, "\t{ 0x%x, code_%zu, %zu },\n", sets[i], i, n[i]);
	(void)fprintf(to, "};\nconst size_t filters_n = %zu;\n", nitems(sets));
	if (fclose(to) != 0 || !ok) {
		(void)fprintf(stderr, "%s: not made\n", argv[1]);
		return 1;
	}
	return 0;
}
