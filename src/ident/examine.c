/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate child: a fork that closes everything but one pipe, lets the
 * kernel take all other system calls away, parses, writes its answer and ends.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ident/cert.h"
#include "ident/jail.h"

#define CHILD_CPU_S 5
#define CHILD_FD 3

err_t
cert_init(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		       OPENSSL_INIT_ADD_ALL_CIPHERS |
		       OPENSSL_INIT_ADD_ALL_DIGESTS | OPENSSL_INIT_NO_ATEXIT,
		   NULL) == 1
	    ? ERR_OK
	    : ERR_NOMEM;
}

static err_t
confine(int *fd, pid_t parent)
{
	static const struct rlimit cpu = { CHILD_CPU_S, CHILD_CPU_S };
	static const struct rlimit none = { 0, 0 };

	/* an answer that nobody waits for is not worth a process */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != parent)
		return ERR_IO;
	if (*fd != CHILD_FD && dup2(*fd, CHILD_FD) < 0)
		return ERR_IO;
	*fd = CHILD_FD;
	if (close_range(CHILD_FD + 1, ~0u, 0) != 0 ||
	    close_range(0, CHILD_FD - 1, 0) != 0)
		return ERR_IO;
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    setrlimit(RLIMIT_CPU, &cpu) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR_IO;
	return jail_compute_only(CHILD_FD);
}

/* The answer is u16 err_t, then the facts or the reason. */
static void
child(struct span der, int fd, pid_t parent)
{
	struct buf out = BUF_INIT(CERT_FACTS_MAX);
	struct cert_facts f;
	struct why why = { 0 };
	err_t e;

	if (confine(&fd, parent) != ERR_OK)
		_exit(2);
	e = cert_parse(der, &f, &why);
	buf_put_u16(&out, (uint16_t)e);
	if (e == ERR_OK)
		cert_facts_build(&f, &out);
	else
		buf_put(&out, span_str(why.text));
	/* less than PIPE_BUF: one write takes all of it */
	if (buf_status(&out) != ERR_OK ||
	    write(fd, out.p, out.n) != (ssize_t)out.n)
		_exit(3);
	_exit(0);
}

/* Everything up to the end of file, within the cap and the deadline. */
static err_t
read_answer(int fd, uint64_t deadline, struct buf *out)
{
	uint8_t byte[512];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		if (poll(&p, 1, deadline_left(deadline)) <= 0)
			return ERR_TIMEOUT;
		if ((n = read(fd, byte, sizeof(byte))) < 0)
			return ERR_IO;
		if (n == 0)
			return buf_status(out);
		buf_put(out, span_from(byte, (size_t)n));
		if (buf_status(out) != ERR_OK)
			return buf_status(out);
	}
}

static err_t
collect(pid_t pid, int fd, uint64_t deadline, struct cert_facts *out,
    struct why *why)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(CERT_FACTS_MAX);
	int status = 0;
	err_t e = read_answer(fd, deadline, &answer);

	/* an honest child's pipe ends when it ends; another's may live on */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		;
	if (e != ERR_OK)
		return why_add(why, e, "examining it: %s", err_text(e));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return why_add(why, ERR_FORMAT,
		    "the child that examined it "
		    "was stopped");
	return cert_answer_parse(buf_span(&answer), out, why);
}

err_t
cert_examine(
    struct span der, uint64_t deadline, struct cert_facts *out, struct why *why)
{
	CLOSE_FD int in = -1;
	int out_fd;
	pid_t parent = getpid(), pid;
	err_t e;

	if (der.n == 0 || der.n > CERT_MAX)
		return why_add(why, ERR_LIMIT, "no certificate, or too long");
	if ((e = fd_pipe(&in, &out_fd)))
		return e;
	if ((pid = fork()) < 0) {
		fd_close(&out_fd);
		return ERR_IO;
	}
	if (pid == 0)
		child(der, out_fd, parent);
	fd_close(&out_fd);
	return collect(pid, in, deadline, out, why);
}
