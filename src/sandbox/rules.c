/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/rules.h"

#include <asm/termbits.h> /* struct termios2 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox/sandbox.h"

#define NAMESPACES                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

struct group {
	unsigned int bit; /* 0: always */
	const int *calls;
	size_t n;
};

#define CALLS(name, ...) static const int name[] = { __VA_ARGS__ }

/* clang-format off */
CALLS(compute,
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(alarm), SCMP_SYS(setitimer),
	SCMP_SYS(futex), SCMP_SYS(sched_yield),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo));
CALLS(sockets,
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(fcntl), SCMP_SYS(dup));
CALLS(loop,
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(signalfd4), SCMP_SYS(eventfd2),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(pipe2));
CALLS(connects, SCMP_SYS(connect));
CALLS(files,
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64), SCMP_SYS(pread64), SCMP_SYS(fadvise64),
	SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(getcwd),
	SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch));
CALLS(forks,
	SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(kill), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(setrlimit),
	SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(close_range), SCMP_SYS(pipe2), SCMP_SYS(socketpair));
CALLS(narrows,
	SCMP_SYS(seccomp), SCMP_SYS(setrlimit), SCMP_SYS(mlockall),
	SCMP_SYS(setsid));
CALLS(foreign,
	SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
	SCMP_SYS(membarrier), SCMP_SYS(nanosleep), SCMP_SYS(clock_getres),
	SCMP_SYS(getrlimit), SCMP_SYS(pwrite64), SCMP_SYS(flock),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(pipe), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(mincore), SCMP_SYS(eventfd));

static const struct group groups_of[] = {
	{ 0,                  compute,  nitems(compute) },
	{ SANDBOX_SOCKETS,    sockets,  nitems(sockets) },
	{ SANDBOX_LOOP,       loop,     nitems(loop) },
	{ SANDBOX_CONNECT,    connects, nitems(connects) },
	{ SANDBOX_READ_FILES, files,    nitems(files) },
	{ SANDBOX_FORK,       forks,    nitems(forks) },
	{ SANDBOX_NARROW,     narrows,  nitems(narrows) },
	{ SANDBOX_FOREIGN,    foreign,  nitems(foreign) },
};
/* clang-format on */

static bool
add_calls(scmp_filter_ctx f, const struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, g->calls[i], 0);

		/* a call that this machine does not have cannot be made */
		if (r != 0 && r != -EDOM)
			return false;
	}
	return true;
}

/* Code from a file, which nobody here can write; not from memory. */
static bool
add_libraries(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
		   SCMP_A2(
		       SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
		   SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0),
		   SCMP_A4(SCMP_CMP_LE, INT_MAX)) == 0;
}

/* Memory is never made executable. */
static bool
add_memory(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

/*
 * A child, but no namespace for it, in which it would be root. clone3(2) hides
 * its flags in memory; who tries it takes clone(2) instead.
 */
static bool
add_fork(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		   SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ==
	    0;
}

/* Threads but no processes; files that exist; two or four kinds of socket. */
static bool
add_foreign(scmp_filter_ctx f, bool internet)
{
	static const unsigned int families[] = { AF_UNIX, AF_NETLINK, AF_INET,
		AF_INET6 };
	const size_t n = internet ? nitems(families) : 2;
	const unsigned int creates = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, families[i])) != 0)
			return false;
	}
	/* libc falls back to clone, whose flags can be looked at */
	return seccomp_rule_add(
		   f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, creates, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
		SCMP_A1(SCMP_CMP_MASKED_EQ, creates, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
		SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) == 0;
}

/* The kernel looks at 32 bits of a request. */
static bool
add_requests(scmp_filter_ctx f, const unsigned int *requests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i])) !=
		    0)
			return false;
	}
	return true;
}

/*
 * A driver's devices are asked anything, but what begins like a terminal's
 * requests (the second byte is 'T') only if it is for a serial line. So the
 * terminal that standard error may be is neither typed into nor taken over.
 */
static bool
add_device_requests(scmp_filter_ctx f)
{
	static const unsigned int serial[] = { TCGETS, TCSETS, TCSETSW, TCSETSF,
		TCGETA, TCSETA, TCSETAW, TCSETAF, TCSBRK, TCSBRKP, TCXONC,
		TCFLSH, TIOCEXCL, TIOCNXCL, TIOCOUTQ, TIOCMGET, TIOCMSET,
		TIOCMBIS, TIOCMBIC, TIOCMIWAIT, TIOCGICOUNT, TIOCGSERIAL,
		TIOCSSERIAL, TIOCSBRK, TIOCCBRK, TIOCGWINSZ, FIONREAD, FIONBIO,
		FIOASYNC, FIOCLEX, FIONCLEX, TCGETS2, TCSETS2, TCSETSW2,
		TCSETSF2 };

	/* not 'T': one of its bits is another */
	for (unsigned int bit = 1u << 8; bit < 1u << 16; bit <<= 1) {
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, bit,
			    ~((unsigned int)'T' << 8) & bit)) != 0)
			return false;
	}
	return add_requests(f, serial, nitems(serial));
}

/* What sockets are asked, and isatty(3). */
static bool
add_ioctls(scmp_filter_ctx f, unsigned int groups)
{
	static const unsigned int few[] = { FIONREAD, FIONBIO, TCGETS };

	return (groups & SANDBOX_FOREIGN) != 0
	    ? add_device_requests(f)
	    : add_requests(f, few, nitems(few));
}

/* What confines further; not what takes it back. */
static bool
add_narrowing(scmp_filter_ctx f)
{
	static const unsigned int options[] = { PR_SET_NO_NEW_PRIVS,
		PR_SET_SECCOMP };

	for (size_t i = 0; i < nitems(options); i++) {
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
			SCMP_A0(SCMP_CMP_EQ, options[i])) != 0)
			return false;
	}
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
		   SCMP_A0(SCMP_CMP_EQ, PR_SET_DUMPABLE),
		   SCMP_A1(SCMP_CMP_EQ, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
		SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG),
		SCMP_A1(SCMP_CMP_EQ, SIGKILL)) == 0;
}

static bool
add_arguments(scmp_filter_ctx f, unsigned int groups, int pid)
{
	if ((groups & (SANDBOX_SOCKETS | SANDBOX_FOREIGN)) != 0 &&
	    !add_ioctls(f, groups))
		return false;
	if ((groups & SANDBOX_NARROW) != 0 && !add_narrowing(f))
		return false;
	if ((groups & SANDBOX_FOREIGN) != 0 &&
	    !add_foreign(f, (groups & SANDBOX_INTERNET) != 0))
		return false;
	if ((groups & SANDBOX_CONNECT) != 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) != 0)
		return false;
	if ((groups & SANDBOX_READ_FILES) != 0 &&
	    (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		 SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
		     O_RDONLY)) != 0 ||
		seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
			O_RDONLY)) != 0))
		return false;
	if ((groups & SANDBOX_STRANGERS) != 0 && !add_libraries(f))
		return false;
	if ((groups & SANDBOX_FORK) != 0 && !add_fork(f))
		return false;
	/* our own limits, and raise(3) and abort(3): nobody else's process */
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
		   SCMP_A0(SCMP_CMP_EQ, 0)) == 0 &&
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)pid)) == 0;
}

/*
 * Calls that programs make by habit and that harm nobody when refused: they
 * get an error instead of death. NSS looks for its daemon's socket, libc for
 * locale files, sanitizers for everything.
 */
static bool
add_refusals(scmp_filter_ctx f, unsigned int groups)
{
	if ((groups & SANDBOX_FOREIGN) != 0)
		return true; /* everything is refused and nothing kills */
	if ((groups & SANDBOX_READ_FILES) == 0 &&
	    (seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(openat), 0) !=
		    0 ||
		seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(open), 0) != 0 ||
		seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(access), 0) != 0))
		return false;
	return (groups & SANDBOX_CONNECT) != 0 ||
	    seccomp_rule_add(
		f, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 0) == 0;
}

err_t
rules_build(unsigned int groups, int pid, scmp_filter_ctx *out)
{
	scmp_filter_ctx f;
	bool ok;

	f = seccomp_init(
	    TEST_BUILD || (groups & (SANDBOX_STRANGERS | SANDBOX_FOREIGN)) != 0
		? SCMP_ACT_ERRNO(EPERM)
		: SCMP_ACT_KILL_PROCESS);
	if (f == NULL)
		return ERR_NOMEM;
	/*
	 * A call by the numbers of another architecture (i386, x32) ends the
	 * process whatever is done with other refusals; and the filter is for
	 * every thread there is, those of a driver's constructors too.
	 */
	ok = seccomp_attr_set(
		 f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    add_memory(f) && add_arguments(f, groups, pid) &&
	    add_refusals(f, groups);
	for (size_t i = 0; ok && i < nitems(groups_of); i++) {
		if (groups_of[i].bit == 0 || (groups & groups_of[i].bit) != 0)
			ok = add_calls(f, &groups_of[i]);
	}
	if (!ok) {
		seccomp_release(f);
		return ERR_IO;
	}
	*out = f;
	return ERR_OK;
}
