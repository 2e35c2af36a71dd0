/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/tries.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

int
try_open_read(void)
{
	return open("/etc/hostname", O_RDONLY) < 0;
}

int
try_open_write(void)
{
	return open("/tmp/scs-test-sandbox", O_WRONLY | O_CREAT, 0600) < 0;
}

int
try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

int
try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

/* A socket in a folder that others look into. */
int
try_bind(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0;
}

int
try_exec(void)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };

	return execv("/bin/true", argv);
}

int
try_fork(void)
{
	pid_t p = fork();

	if (p == 0)
		_exit(0);
	return p < 0 || waitpid(p, NULL, 0) != p;
}

int
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
}

int
try_kill(void)
{
	return kill(getppid(), 0) != 0;
}

int
try_tgkill(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) != 0;
}

int
try_raise(void)
{
	return raise(SIGURG) != 0; /* which is ignored */
}

int
try_limit_of_another(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) != 0;
}

int
try_namespace(void)
{
	long p = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (p == 0)
		_exit(0);
	return p < 0;
}

int
try_library(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
	    MAP_FAILED;
}

/* The kernel ignores the file of such a mapping: it is memory. */
int
try_memory_that_says_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, fd, 0) == MAP_FAILED;
}

int
try_library_to_be_changed(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
		   fd, 0) == MAP_FAILED;
}

int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

int
try_setuid(void)
{
	return setuid(getuid()) != 0;
}

int
try_digest(void)
{
	unsigned char out[EVP_MAX_MD_SIZE], seed[16];
	unsigned int n;

	return EVP_Digest("x", 1, out, &n, EVP_sha256(), NULL) != 1 ||
	    RAND_bytes(seed, sizeof(seed)) != 1;
}

int
try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0;
}

int
try_device(void)
{
	return open("/dev/null", O_RDWR | O_NOCTTY) < 0;
}

static void *
thread_body(void *arg)
{
	return arg;
}

int
try_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, thread_body, NULL) != 0 ||
	    pthread_join(t, NULL) != 0;
}

int
try_typing(void)
{
	char c = 'x';

	/* not a terminal, which is another error than a refusal */
	return ioctl(0, TIOCSTI, &c) == 0 || errno != EPERM ? 0 : 1;
}

int
try_fionread(void)
{
	int fd[2], n;

	return pipe2(fd, 0) != 0 || ioctl(fd[0], FIONREAD, &n) != 0;
}

int
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0;
}

#if defined(__x86_64__)
/* getpid(2) by its number of i386. */
int
try_i386(void)
{
	long r = 20;

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "cc");
	return r <= 0;
}

/* And as x32 calls it. */
int
try_x32(void)
{
	return syscall(0x40000000L + SYS_getpid) < 0;
}
#endif

/* Refused, or asked of what it does not mean anything to? */
static int
asked(unsigned long request)
{
	errno = 0;
	(void)syscall(SYS_ioctl, STDIN_FILENO, request, 0);
	return errno == EPERM;
}

int
try_device_request(void)
{
	return asked(0xc0185500); /* USBDEVFS_CONTROL */
}

int
try_serial_request(void)
{
	return asked(TIOCMGET);
}

/* The kernel cuts a request to 32 bits. */
int
try_typing_at_length(void)
{
	return asked(1ul << 32 | TIOCSTI) || asked(1ul << 40 | TIOCSCTTY);
}

int
try_outlive(void)
{
	return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0;
}

int
try_die_along(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0;
}

int
try_pidfd(void)
{
	return syscall(SYS_pidfd_open, getppid(), 0) < 0;
}

/* In a child, in the sandbox: did the call work? Killed counts as no. */
bool
works(unsigned int groups, int (*try)(void))
{
	int status;
	pid_t p = fork();

	if (p < 0)
		abort();
	if (p == 0) {
		if (sandbox_harden() != ERR_OK || sandbox_enter(groups))
			_exit(99);
		_exit(try() == 0 ? 0 : 1);
	}
	if (waitpid(p, &status, 0) != p ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 99))
		abort(); /* it was not even tried */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
