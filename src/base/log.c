/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define FULL_TRIES 10
#define FULL_WAIT_MS 100

static struct {
	const char *name;
	int fd;
	enum log_level max;
} to = { "scs", STDERR_FILENO, LOG_LV_NOTICE };

/* A kind of line, and how many there were of it since `since`. */
struct kind {
	const char *fmt;
	uint64_t since;
	unsigned long n;
};

static struct kind kinds[64];
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;

/* Its entry, or that of the kind that has rested for longest. */
static struct kind *
kind_of(const char *fmt)
{
	struct kind *oldest = &kinds[0];

	for (size_t i = 0; i < nitems(kinds); i++) {
		if (kinds[i].fmt == fmt)
			return &kinds[i];
		if (kinds[i].since < oldest->since)
			oldest = &kinds[i];
	}
	*oldest = (struct kind){ .fmt = fmt };
	return oldest;
}

/* One more of a kind: may it be written? *left_out is news, once. */
static bool
may_write(const char *fmt, unsigned long *left_out)
{
	uint64_t now = clock_ms();
	struct kind *k;
	bool may;

	(void)pthread_mutex_lock(&kinds_lock);
	k = kind_of(fmt);
	if (k->since == 0 || now - k->since >= LOG_WINDOW_MS) {
		*left_out = k->n > LOG_BURST ? k->n - LOG_BURST : 0;
		*k = (struct kind){ .fmt = fmt, .since = now };
	}
	may = ++k->n <= LOG_BURST;
	(void)pthread_mutex_unlock(&kinds_lock);
	return may;
}

void
log_init(const char *name, int fd, enum log_level max)
{
	to.name = name;
	to.fd = fd;
	to.max = max;
	memset(kinds, 0, sizeof(kinds));
}

/* Where the other end reads slowly, an error is worth a moment. */
static void
put(const char *line, size_t n, enum log_level level)
{
	struct pollfd p = { .fd = to.fd, .events = POLLOUT };

	for (int i = 0; write(to.fd, line, n) < 0 && i < FULL_TRIES; i++) {
		if (errno != EAGAIN || level > LOG_LV_WARNING)
			return; /* nowhere left to complain */
		(void)poll(&p, 1, FULL_WAIT_MS);
	}
}

static void write_line(enum log_level level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
write_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[1024];
	size_t n;
	int r;

	r = snprintf(line, sizeof(line), "<%d>%s[%ld]: ", (int)level, to.name,
	    (long)getpid());
	if (r < 0 || (size_t)r >= sizeof(line) / 2)
		return;
	n = (size_t)r;
	r = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (r < 0)
		return;
	text_clean(line);
	n = strlen(line);
	line[n] = '\n';
	put(line, n + 1, level);
}

void
log_counted(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > to.max)
		return;
	va_start(ap, fmt);
	write_line(level, fmt, ap);
	va_end(ap);
}

void
log_at(enum log_level level, const char *fmt, ...)
{
	unsigned long left_out = 0;
	va_list ap;

	if (level > to.max ||
	    (level <= LOG_LV_WARNING && !may_write(fmt, &left_out)))
		return;
	if (left_out > 0)
		log_at(LOG_LV_NOTICE, "%lu lines like the next were left out",
		    left_out);
	va_start(ap, fmt);
	write_line(level, fmt, ap);
	va_end(ap);
}
