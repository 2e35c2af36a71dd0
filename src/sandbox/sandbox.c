/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/filters.h"
#include "sandbox/rules.h"

/* What sandbox_memory() leaves for libraries and for stacks that lie fallow. */
#define CODE_BYTES (512ul * 1024 * 1024)

/*
 * With MCL_FUTURE under a limit, an allocation beyond it would fail later, in
 * the middle of something. Secrets lock their own pages in any case.
 */
static void
lock_memory(void)
{
	struct rlimit r;

	/* a sanitizer's shadow memory cannot be locked */
	if (!TEST_BUILD && getrlimit(RLIMIT_MEMLOCK, &r) == 0 &&
	    r.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

err_t
sandbox_harden(void)
{
	static const struct rlimit none = { 0, 0 };

	/* who leads a group already was started by hand, at a terminal */
	(void)setsid();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	lock_memory();
	return ERR_OK;
}

err_t
sandbox_memory(size_t bytes)
{
	const struct rlimit data = { bytes, bytes };
	const struct rlimit all = { bytes + CODE_BYTES, bytes + CODE_BYTES };

	if (TEST_BUILD)
		return ERR_OK;
	return setrlimit(RLIMIT_DATA, &data) == 0 &&
		setrlimit(RLIMIT_AS, &all) == 0
	    ? ERR_OK
	    : ERR_IO;
}

err_t
filters_find(unsigned int groups, int pid, struct sock_filter *out, size_t *n)
{
	unsigned int own = 0;

	for (size_t i = 0; i < filters_n; i++) {
		if (filters[i].groups != groups)
			continue;
		if (filters[i].n > FILTER_MAX)
			return ERR_LIMIT;
		*n = filters[i].n;
		memcpy(out, filters[i].code, *n * sizeof(*out));
		for (size_t k = 0; k < *n; k++) {
			if (out[k].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
			    out[k].k == RULES_PID) {
				out[k].k = (uint32_t)pid;
				own++;
			}
		}
		return own == 1 ? ERR_OK : ERR_FORMAT;
	}
	return ERR_ABSENT;
}

/* As seccomp_load() does. */
static err_t
load(struct sock_filter *code, size_t n)
{
	const struct sock_fprog program = { .len = (unsigned short)n,
		.filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
		    &program) == 0
	    ? ERR_OK
	    : ERR_IO;
}

err_t
sandbox_enter(unsigned int groups)
{
	struct sock_filter code[FILTER_MAX];
	scmp_filter_ctx f;
	size_t n;
	err_t e = filters_find(groups, getpid(), code, &n);

	if (e != ERR_ABSENT)
		return e == ERR_OK ? load(code, n) : ERR_IO;
	if (rules_build(groups, getpid(), &f) != ERR_OK)
		return ERR_IO;
	e = seccomp_load(f) == 0 ? ERR_OK : ERR_IO;
	seccomp_release(f);
	return e;
}
