/* SPDX-License-Identifier: BSD-2-Clause */
#include "ident/jail.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* Memory, time, and what ends a process (sigaltstack: the sanitizers' way). */
static const int harmless[] = { SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom) };

static int
rules(scmp_filter_ctx ctx, int fd)
{
	int r;

	for (size_t i = 0; i < nitems(harmless); i++) {
		if ((r = seccomp_rule_add(
			 ctx, SCMP_ACT_ALLOW, harmless[i], 0)) != 0)
			return r;
	}
	if ((r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd))) != 0)
		return r;
	if ((r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))) != 0)
		return r;
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

err_t
jail_compute_only(int fd)
{
	scmp_filter_ctx ctx;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	if ((ctx = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL)
		return ERR_NOMEM;
	if ((r = rules(ctx, fd)) == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? ERR_OK : ERR_IO;
}
