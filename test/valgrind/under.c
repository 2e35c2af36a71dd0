/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands where the service looks for its program X, and runs X.real, beside it,
 * under valgrind. A script could not do it: scsd executes a descriptor that is
 * gone with the execution, and hands over no environment. What valgrind says
 * goes to X.PID in the folder ../valgrind. no-filter.so, beside X, leaves the
 * filter of system calls out: valgrind makes machine code while it runs, which
 * the filter forbids.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALGRIND "/usr/bin/valgrind"
#define OWN_ARGS 7 /* before the program's */
#define ARGS_MAX 64

static int
run(const char *dir, const char *name, int argc, char *argv[])
{
	static char leaks[] = "--leak-check=full", no_gdb[] = "--vgdb=no",
		    kinds[] = "--errors-for-leak-kinds=definite,indirect",
		    children[] = "--child-silent-after-fork=no",
		    valgrind[] = VALGRIND;
	char log[PATH_MAX + 64], real[PATH_MAX + 8], preload[PATH_MAX + 32];
	char *args[ARGS_MAX] = { valgrind, leaks, no_gdb, kinds, children, log,
		real };
	char *env[] = { preload, NULL };

	if (argc < 1 || argc > ARGS_MAX - OWN_ARGS)
		return 127;
	(void)snprintf(
	    log, sizeof(log), "--log-file=%s/../valgrind/%s.%%p", dir, name);
	(void)snprintf(real, sizeof(real), "%s/%s.real", dir, name);
	(void)snprintf(
	    preload, sizeof(preload), "LD_PRELOAD=%s/no-filter.so", dir);
	for (int i = 1; i < argc; i++)
		args[OWN_ARGS + i - 1] = argv[i];
	(void)execve(VALGRIND, args, env);
	perror(VALGRIND);
	return 127;
}

int
main(int argc, char *argv[])
{
	char self[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return 127;
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		return 127;
	*slash = '\0';
	return run(self, slash + 1, argc, argv);
}
