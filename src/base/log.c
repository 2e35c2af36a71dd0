/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static struct {
	const char *name;
	int fd;
	enum log_level max;
} to = { "scs", STDERR_FILENO, LOG_LV_NOTICE };

void
log_init(const char *name, int fd, enum log_level max)
{
	to.name = name;
	to.fd = fd;
	to.max = max;
}

void
log_at(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t n;
	va_list ap;
	int r;

	if (level > to.max)
		return;
	r = snprintf(line, sizeof(line), "<%d>%s[%ld]: ", (int)level, to.name,
	    (long)getpid());
	if (r < 0 || (size_t)r >= sizeof(line) / 2)
		return;
	n = (size_t)r;
	va_start(ap, fmt);
	r = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (r < 0)
		return;
	text_clean(line);
	n = strlen(line);
	line[n] = '\n';
	if (write(to.fd, line, n + 1) < 0)
		return; /* nowhere left to complain */
}
