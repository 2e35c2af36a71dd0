/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

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

#include "test.h"

/* What each row tries. 0: it worked; otherwise it did not. */
static int
try_open_read(void)
{
	return open("/etc/hostname", O_RDONLY) < 0;
}

static int
try_open_write(void)
{
	return open("/tmp/scs-test-sandbox", O_WRONLY | O_CREAT, 0600) < 0;
}

static int
try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int
try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

/* A socket in a folder that others look into. */
static int
try_bind(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0;
}

static int
try_exec(void)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };

	return execv("/bin/true", argv);
}

static int
try_fork(void)
{
	pid_t p = fork();

	if (p == 0)
		_exit(0);
	return p < 0 || waitpid(p, NULL, 0) != p;
}

static int
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
}

static int
try_kill(void)
{
	return kill(getppid(), 0) != 0;
}

static int
try_tgkill(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) != 0;
}

static int
try_raise(void)
{
	return raise(SIGURG) != 0; /* which is ignored */
}

static int
try_limit_of_another(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) != 0;
}

static int
try_namespace(void)
{
	long p = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (p == 0)
		_exit(0);
	return p < 0;
}

static int
try_library(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
	    MAP_FAILED;
}

/* The kernel ignores the file of such a mapping: it is memory. */
static int
try_memory_that_says_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, fd, 0) == MAP_FAILED;
}

static int
try_library_to_be_changed(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
		   fd, 0) == MAP_FAILED;
}

static int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int
try_setuid(void)
{
	return setuid(getuid()) != 0;
}

static int
try_digest(void)
{
	unsigned char out[EVP_MAX_MD_SIZE], seed[16];
	unsigned int n;

	return EVP_Digest("x", 1, out, &n, EVP_sha256(), NULL) != 1 ||
	    RAND_bytes(seed, sizeof(seed)) != 1;
}

static int
try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0;
}

static int
try_device(void)
{
	return open("/dev/null", O_RDWR | O_NOCTTY) < 0;
}

static void *
thread_body(void *arg)
{
	return arg;
}

static int
try_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, thread_body, NULL) != 0 ||
	    pthread_join(t, NULL) != 0;
}

static int
try_typing(void)
{
	char c = 'x';

	/* not a terminal, which is another error than a refusal */
	return ioctl(0, TIOCSTI, &c) == 0 || errno != EPERM ? 0 : 1;
}

static int
try_fionread(void)
{
	int fd[2], n;

	return pipe2(fd, 0) != 0 || ioctl(fd[0], FIONREAD, &n) != 0;
}

static int
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0;
}

#if defined(__x86_64__)
/* getpid(2) by its number of i386. */
static int
try_i386(void)
{
	long r = 20;

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "cc");
	return r <= 0;
}

/* And as x32 calls it. */
static int
try_x32(void)
{
	return syscall(0x40000000L + SYS_getpid) < 0;
}
#endif

#define OURS (~(unsigned int)SANDBOX_FOREIGN)
#define FOREIGN                                                           \
	((unsigned int)SANDBOX_FOREIGN | SANDBOX_SOCKETS | SANDBOX_LOOP | \
	    SANDBOX_READ_FILES)

/* In a child, in the sandbox: did the call work? Killed counts as no. */
static bool
works(unsigned int groups, int (*try)(void))
{
	int status;
	pid_t p = fork();

	assert_true(p >= 0);
	if (p == 0) {
		if (sandbox_harden() != ERR_OK || sandbox_enter(groups))
			_exit(99);
		_exit(try() == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 99);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(a_group_opens_exactly_its_door)
{
	static const struct {
		const char *why;
		int (*try)(void);
		unsigned int groups;
		bool want;
	} rows[] = {
		{ "compute: digest", try_digest, SANDBOX_COMPUTE, true },
		{ "compute: open", try_open_read, SANDBOX_COMPUTE, false },
		{ "files: open", try_open_read, SANDBOX_READ_FILES, true },
		{ "files: write", try_open_write, SANDBOX_READ_FILES, false },
		{ "compute: unix", try_unix, SANDBOX_COMPUTE, false },
		{ "connect: unix", try_unix, SANDBOX_CONNECT, true },
		{ "connect: bind", try_bind, SANDBOX_CONNECT, false },
		{ "foreign: bind", try_bind, FOREIGN, true },
		{ "connect: inet", try_inet, SANDBOX_CONNECT, false },
		{ "compute: fork", try_fork, SANDBOX_COMPUTE, false },
		{ "fork: fork", try_fork, SANDBOX_FORK, true },
		{ "fork: exec", try_exec, SANDBOX_FORK, false },
		{ "all: exec", try_exec, OURS, false },
		{ "all: ptrace", try_ptrace, OURS, false },
		{ "compute: kill", try_kill, SANDBOX_COMPUTE, false },
		{ "compute: tgkill", try_tgkill, SANDBOX_COMPUTE, false },
		{ "compute: raise", try_raise, SANDBOX_COMPUTE, true },
		{ "all: limits of another", try_limit_of_another, OURS, false },
		{ "all: namespace", try_namespace, OURS, false },
		{ "strangers: library", try_library,
		    SANDBOX_READ_FILES | SANDBOX_STRANGERS, true },
		{ "files: library", try_library, SANDBOX_READ_FILES, false },
		{ "strangers: code in memory", try_memory_that_says_file, OURS,
		    false },
		{ "strangers: changed code", try_library_to_be_changed, OURS,
		    false },
		{ "all: setuid", try_setuid, OURS, false },
		{ "all: inet", try_inet, OURS, false },
		{ "all: code", try_executable_memory, OURS, false },
		{ "sockets: typing into a terminal", try_typing,
		    SANDBOX_SOCKETS, false },
		{ "sockets: how much is there", try_fionread,
		    SANDBOX_SOCKETS | SANDBOX_LOOP, true },
		{ "all: dumpable again", try_dumpable, OURS, false },
#if defined(__x86_64__)
		{ "compute: i386", try_i386, SANDBOX_COMPUTE, false },
		{ "foreign: i386", try_i386, FOREIGN, false },
		{ "compute: x32", try_x32, SANDBOX_COMPUTE, false },
		{ "foreign: x32", try_x32, FOREIGN, false },
#endif
		{ "foreign: thread", try_thread, FOREIGN, true },
		{ "foreign: inet", try_inet, FOREIGN, true },
		{ "foreign: packet", try_packet, FOREIGN, false },
		{ "foreign: device", try_device, FOREIGN, true },
		{ "foreign: new file", try_open_write, FOREIGN, false },
		{ "foreign: fork", try_fork, FOREIGN, false },
		{ "foreign: exec", try_exec, FOREIGN, false },
		{ "foreign: ptrace", try_ptrace, FOREIGN, false },
		{ "foreign: kill", try_kill, FOREIGN, false },
		{ "foreign: thread of another", try_tgkill, FOREIGN, false },
		{ "foreign: setuid", try_setuid, FOREIGN, false },
		{ "foreign: code", try_executable_memory, FOREIGN, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		if (works(rows[i].groups, rows[i].try) != rows[i].want)
			fail_msg("%s: %s", rows[i].why,
			    rows[i].want ? "refused" : "allowed");
	}
}

static int
try_narrow_then_open(void)
{
	if (sandbox_enter(SANDBOX_COMPUTE) != ERR_OK)
		return 0; /* a failure here must not look like a refusal */
	return try_open_read();
}

TEST(a_child_can_narrow_itself_down)
{
	assert_true(works(SANDBOX_READ_FILES, try_open_read));
	assert_false(
	    works(SANDBOX_READ_FILES | SANDBOX_NARROW, try_narrow_then_open));
}

static int news[2];

/* Made before the filter, used after it. */
static void *
early_thread(void *arg UNUSED)
{
	char c;

	while (read(news[0], &c, 1) != 1)
		;
	return try_open_write() == 0 ? &news[0] : NULL;
}

static int
try_early_thread(void)
{
	void *got = NULL;
	pthread_t t;

	if (pipe2(news, 0) != 0 ||
	    pthread_create(&t, NULL, early_thread, NULL) != 0)
		return 0;
	if (sandbox_enter(FOREIGN) != ERR_OK)
		return 0;
	return write(news[1], "x", 1) != 1 || pthread_join(t, &got) != 0 ||
		got != NULL
	    ? 0
	    : 1;
}

TEST(a_thread_that_was_there_before_is_confined_too)
{
	int status;
	pid_t p = fork();

	assert_true(p >= 0);
	if (p == 0)
		_exit(sandbox_harden() == ERR_OK ? try_early_thread() : 0);
	assert_int_equal(waitpid(p, &status, 0), p);
	(void)unlink("/tmp/scs-test-sandbox");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

/* Whoever has no terminal cannot type into one. */
TEST(a_hardened_process_leads_a_session_of_its_own)
{
	int status;
	pid_t p = fork();

	assert_true(p >= 0);
	if (p == 0)
		_exit(sandbox_harden() == ERR_OK && getsid(0) == getpid() ? 0
									  : 1);
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
check_hardened(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) != 0)
		return 1;
	return core.rlim_max != 0;
}

TEST(a_hardened_process_leaves_no_core)
{
	assert_true(works(SANDBOX_LOOP, check_hardened));
}

/* An ordinary user with the usual few megabytes to lock. */
static bool
can_allocate_under_a_low_limit(void)
{
	struct rlimit low = { 0, 0 };
	char *p = NULL;

	/* enough for what is there, not for what comes */
	if (getrlimit(RLIMIT_MEMLOCK, &low) != 0)
		return false;
	if (low.rlim_max > 64 << 20)
		low.rlim_max = 64 << 20;
	low.rlim_cur = low.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &low) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0 || sandbox_harden() != ERR_OK)
		return false;
	if ((p = malloc(128 << 20)) == NULL)
		return false;
	memset(p, 1, 128 << 20);
	free(p);
	return true;
}

TEST(a_low_limit_of_locked_memory_fails_no_later_allocation)
{
	int status = 0;
	pid_t p;

	if (geteuid() != 0)
		skip();
	if ((p = fork()) == 0)
		_exit(can_allocate_under_a_low_limit() ? 0 : 1);
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

TEST_MAIN("sandbox")
