/* SPDX-License-Identifier: BSD-2-Clause */
/* seccomp(2) by libseccomp; prctl(2). */
#include "reader/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* What libsystemd's loop, malloc and our own logging need. */
static const char *const always[] = { "read", "write", "readv", "writev",
	"recvfrom", "recvmsg", "sendto", "sendmsg", "close", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll", "ppoll",
	"timerfd_settime", "timerfd_create", "clock_gettime", "gettimeofday",
	"clock_nanosleep", "nanosleep", "brk", "mmap", "munmap", "mremap",
	"madvise", "mprotect", "futex", "getpid", "gettid", "getrandom",
	"fcntl", "fstat", "newfstatat", "lseek", "rt_sigreturn",
	"rt_sigprocmask", "rt_sigaction", "restart_syscall", "sigaltstack",
	"exit", "exit_group" };

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* The leak check at exit traces its own process from a thread. */
static const char *const sanitizer[] = { "clone", "ptrace", "wait4", "prctl",
	"kill", "tgkill", "sched_yield", "open", "openat", "readlink",
	"readlinkat", "getdents64", "access", "getppid", "arch_prctl",
	"set_robust_list", "prlimit64", "ioctl", "sched_getaffinity" };

err_t
sandbox_private(void)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	return ERR_OK;
}

static err_t
allow(scmp_filter_ctx f, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr == __NR_SCMP_ERROR)
			continue;
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0) < 0)
			return ERR_IO;
	}
	return ERR_OK;
}

/* open(2) and openat(2) with O_RDONLY and without O_CREAT. */
static err_t
allow_reading(scmp_filter_ctx f)
{
	const scmp_datum_t mask = O_ACCMODE | O_CREAT | O_TRUNC;

	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, mask, O_RDONLY)) < 0 ||
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
		SCMP_A1(SCMP_CMP_MASKED_EQ, mask, O_RDONLY)) < 0)
		return ERR_IO;
	return ERR_OK;
}

static err_t
build(scmp_filter_ctx f, const char *const names[], size_t n, bool reading)
{
	err_t e;

	if ((e = allow(f, always, nitems(always))) || (e = allow(f, names, n)))
		return e;
	if (reading && (e = allow_reading(f)))
		return e;
#ifdef SANITIZED
	if ((e = allow(f, sanitizer, nitems(sanitizer))))
		return e;
#else
	(void)sanitizer;
#endif
	return seccomp_load(f) < 0 ? ERR_IO : ERR_OK;
}

static err_t
enter(const char *const names[], size_t n, bool reading)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	err_t e;

	if (f == NULL)
		return ERR_NOMEM;
	e = build(f, names, n, reading);
	seccomp_release(f);
	return e;
}

err_t
sandbox_enter(const char *const names[], size_t n)
{
	return enter(names, n, false);
}

err_t
sandbox_enter_reading(const char *const names[], size_t n)
{
	return enter(names, n, true);
}
