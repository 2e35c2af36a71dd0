/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define WAIT_MS (5 * 60 * 1000)

bool
prompt_terminal(void)
{
	return isatty(STDIN_FILENO) == 1;
}

enum prompt_step
prompt_byte(struct prompt_line *l, uint8_t c)
{
	enum {
		CTRL_C = 3,
		CTRL_D = 4,
		CTRL_H = 8,
		CTRL_U = 21,
		DEL = 127
	};

	if (c == '\n' || (l->edit && c == '\r'))
		return l->too_long ? PROMPT_TOO_LONG : PROMPT_END;
	if (l->edit && (c == CTRL_C || c == CTRL_D))
		return PROMPT_CANCEL;
	if (l->edit && (c == DEL || c == CTRL_H || c == CTRL_U)) {
		size_t keep = c == CTRL_U || l->n == 0 ? 0 : l->n - 1;

		explicit_bzero(l->p + keep, l->n - keep);
		l->n = keep;
		l->too_long = l->too_long && keep > 0;
		return PROMPT_MORE;
	}
	if (l->n == PROMPT_SECRET_MAX)
		l->too_long = true;
	else
		l->p[l->n++] = c;
	return PROMPT_MORE;
}

/* One byte; 0 at the end of the input, -1 after a failure or a long wait. */
static ssize_t
read_byte(int fd, uint8_t *c, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t r;
	int n;

	do {
		n = poll(&p, 1, deadline_left(deadline));
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		r = n > 0 ? read(fd, c, 1) : -1;
	} while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r;
}

static err_t
read_line(int fd, struct prompt_line *l)
{
	uint64_t deadline = deadline_in(WAIT_MS);
	enum prompt_step step = PROMPT_MORE;
	ssize_t r;
	uint8_t c;

	while (step == PROMPT_MORE) {
		r = read_byte(fd, &c, deadline);
		if (r < 0)
			return ERR_IO;
		if (r == 0) {
			c = 0;
			return l->too_long ? ERR_PIN_FORM : ERR_OK;
		}
		step = prompt_byte(l, c);
		c = 0;
	}
	if (step == PROMPT_CANCEL)
		return ERR_PIN_NEEDED;
	return step == PROMPT_TOO_LONG ? ERR_PIN_FORM : ERR_OK;
}

/*
 * A terminal without echo. Its keys make no signals meanwhile, and other
 * signals wait, so that it is always put back as it was.
 */
struct quiet {
	int fd;
	struct termios before;
	sigset_t mask;
};

static err_t
quiet_begin(struct quiet *q)
{
	struct termios t;
	sigset_t all;

	if (tcgetattr(q->fd, &q->before) != 0)
		return ERR_IO;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &q->mask);
	t = q->before;
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(q->fd, TCSAFLUSH, &t) != 0) {
		(void)sigprocmask(SIG_SETMASK, &q->mask, NULL);
		return ERR_IO;
	}
	return ERR_OK;
}

static void
quiet_end(struct quiet *q)
{
	(void)tcsetattr(q->fd, TCSAFLUSH, &q->before);
	(void)sigprocmask(SIG_SETMASK, &q->mask, NULL);
}

static void
print(int fd, const char *text)
{
	/* a question that cannot be seen will not be answered */
	err_t e = fd_write_all(fd, span_str(text), deadline_in(1000));

	(void)e;
}

static err_t
ask_terminal(const char *question, struct prompt_line *l)
{
	CLOSE_FD int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct quiet q = { .fd = fd };
	err_t e;

	if (fd < 0 || (e = quiet_begin(&q)))
		return ERR_IO;
	print(fd, question);
	e = read_line(fd, l);
	print(fd, "\n");
	quiet_end(&q);
	return e;
}

err_t
prompt_secret(const char *question, struct secret **out, struct why *why)
{
	CLEANUP(secret_free) struct secret *s = NULL;
	struct prompt_line l = { .edit = prompt_terminal() };
	err_t e;

	if ((e = secret_new(PROMPT_SECRET_MAX, &s)))
		return why_add(why, e, "no locked memory for the PIN");
	l.p = secret_bytes(s);
	e = l.edit ? ask_terminal(question, &l) : read_line(STDIN_FILENO, &l);
	if (e == ERR_PIN_FORM)
		return why_add(why, e, "more than %d characters: no PIN",
		    PROMPT_SECRET_MAX);
	if (e == ERR_IO)
		return why_add(why, ERR_PIN_NEEDED,
		    l.edit ? "the terminal gave no PIN"
			   : "standard input gave no PIN");
	if (e != ERR_OK || l.n == 0)
		return why_add(why, ERR_PIN_NEEDED, "no PIN was entered");
	secret_trim(s, l.n);
	*out = TAKE(s);
	return ERR_OK;
}

bool
prompt_yes(const char *question)
{
	CLOSE_FD int fd = -1;
	uint8_t text[PROMPT_SECRET_MAX];
	struct prompt_line l = { .p = text };

	if (!prompt_terminal())
		return false;
	if ((fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) < 0)
		return false;
	(void)tcflush(fd, TCIFLUSH); /* what was typed before is no answer */
	print(fd, question);
	return read_line(fd, &l) == ERR_OK && l.n == 3 &&
	    memcmp(text, "yes", 3) == 0;
}
