/* SPDX-License-Identifier: BSD-2-Clause */
#include "ifd/forbidden.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_OF_OURS "/tmp/scs-bad-driver"

/* Another driver's process, or else the one that started us. */
static pid_t
sibling(void)
{
	char path[300], name[32];
	pid_t found = getppid();
	struct dirent *e;
	DIR *proc = opendir("/proc");

	while (proc != NULL && (e = readdir(proc)) != NULL) {
		ssize_t n = -1;
		long pid;
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		if ((fd = open(path, O_RDONLY)) >= 0) {
			n = read(fd, name, sizeof(name) - 1);
			(void)close(fd);
		}
		pid = strtol(e->d_name, NULL, 10);
		if (n > 7 && memcmp(name, "scs-ifd", 7) == 0 && pid > 1 &&
		    pid != getpid())
			found = (pid_t)pid;
	}
	if (proc != NULL)
		(void)closedir(proc);
	return found;
}

/* ---- other processes */

static int
stop_sibling(void)
{
	return kill(sibling(), SIGSTOP) == 0;
}

static int
stop_everybody(void)
{
	return kill(-1, SIGSTOP) == 0;
}

static int
signal_thread(void)
{
	pid_t p = sibling();

	return syscall(SYS_tgkill, p, p, SIGSTOP) == 0 ||
	    syscall(SYS_tkill, p, SIGSTOP) == 0;
}

static int
queue_signal(void)
{
	const union sigval v = { 0 };

	return sigqueue(sibling(), SIGSTOP, v) == 0;
}

static int
have_pidfd(void)
{
	return syscall(SYS_pidfd_open, sibling(), 0) >= 0;
}

static int
trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ||
	    ptrace(PTRACE_SEIZE, sibling(), NULL, NULL) == 0;
}

static int
read_memory(void)
{
	char byte;
	struct iovec here = { &byte, 1 };
	struct iovec there = { environ, 1 };

	return process_vm_readv(sibling(), &here, 1, &there, 1, 0) == 1;
}

static int
opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static int
opens_of(pid_t p, const char *file, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)p, file);
	return opens(path, flags);
}

static int
files_in_proc(void)
{
	return opens_of(sibling(), "mem", O_RDWR) ||
	    opens_of(sibling(), "environ", O_RDONLY) ||
	    opens_of(getppid(), "mem", O_RDONLY) ||
	    opens_of(getpid(), "mem", O_RDWR) ||
	    opens_of(getpid(), "oom_score_adj", O_WRONLY) ||
	    opens("/proc/sys/kernel/core_pattern", O_WRONLY) ||
	    opens("/proc/sysrq-trigger", O_WRONLY);
}

static int
limit_sibling(void)
{
	const struct rlimit none = { 0, 0 };

	return prlimit(sibling(), RLIMIT_NOFILE, &none, NULL) == 0;
}

/* ---- processes of its own */

static int
ended(pid_t child)
{
	if (child == 0)
		_exit(0);
	return child > 0;
}

static int
have_child(void)
{
	return ended(fork()) ||
	    ended((pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0));
}

static int
start_program(void)
{
	char *argv[] = { NULL };

	return execve("/bin/true", argv, argv) == 0;
}

static int
program_in_memory(void)
{
	return syscall(SYS_memfd_create, "x", 0) >= 0 ||
	    syscall(SYS_execveat, -1, "/bin/true", NULL, NULL, 0) == 0;
}

static int
code_in_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		return 1;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED || mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static int
have_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0 || unshare(CLONE_NEWNET) == 0;
}

/* ---- its own confinement */

static int
outlive(void)
{
	return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) == 0 ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static int
another_user(void)
{
	return setuid(0) == 0 || setresuid(0, 0, 0) == 0 || setgid(0) == 0;
}

static int
wider_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 1;
	r.rlim_cur = r.rlim_max += 1;
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

/* ---- files and devices */

static int
new_files(void)
{
	return opens(FILE_OF_OURS, O_CREAT | O_RDWR) ||
	    opens("/tmp", O_TMPFILE | O_RDWR) ||
	    mkdir(FILE_OF_OURS, 0700) == 0 || symlink("/", FILE_OF_OURS) == 0 ||
	    mknod(FILE_OF_OURS, S_IFIFO | 0600, 0) == 0;
}

static int
other_files(void)
{
	return rename(FILE_OF_OURS, "/tmp/scs-bad") == 0 ||
	    unlink(FILE_OF_OURS) == 0 || chmod("/proc/self", 0777) == 0 ||
	    opens("/etc/passwd", O_RDWR) || opens("/etc/shadow", O_RDONLY);
}

static int
other_devices(void)
{
	return opens("/dev/mem", O_RDWR) ||
	    opens("/dev/bus/usb/001/001", O_RDWR);
}

/* Into the terminal that standard error may be. */
static int
type_in(void)
{
	char c = '\n';

	errno = 0;
	if (ioctl(2, TIOCSTI, &c) == 0 || errno != EPERM)
		return 1;
	errno = 0;
	return ioctl(2, TIOCSCTTY, 0) == 0 || errno != EPERM;
}

/* ---- the kernel's less frequented rooms */

static int
raw_sockets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0 ||
	    socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0 ||
	    socket(AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

static int
odd_calls(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != EPERM ||
	    syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM ||
	    syscall(SYS_userfaultfd, 0) >= 0 || errno != EPERM ||
	    syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) >= 0 ||
	    errno != EPERM ||
	    syscall(SYS_add_key, "user", "x", "x", 1, -3) >= 0 ||
	    errno != EPERM || syscall(SYS_shmget, 0, 4096, 01600) >= 0 ||
	    errno != EPERM || syscall(SYS_personality, 0) >= 0;
}

int
forbidden(void)
{
	static int (*const tried[])(void) = { /* 1 */ stop_sibling,
		stop_everybody, signal_thread,
		/* 4 */ queue_signal, have_pidfd, trace, read_memory,
		/* 8 */ files_in_proc, limit_sibling, have_child, start_program,
		/* 12 */ program_in_memory, code_in_memory, have_namespace,
		/* 15 */ outlive, another_user, wider_limits, new_files,
		/* 19 */ other_files, other_devices, type_in, raw_sockets,
		/* 23 */ odd_calls };

	for (int i = 0; i < (int)(sizeof(tried) / sizeof(tried[0])); i++) {
		if (tried[i]() != 0)
			return i + 1;
	}
	return 0;
}
