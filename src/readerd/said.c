/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/said.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define READ_MAX 4096
#define LAST_READS 16 /* of READ_MAX: a full pipe */

void
said_init(struct said *s, unsigned int driver)
{
	*s = (struct said){ .driver = driver, .fd = -1 };
}

/* "name[123]: " as log_at() writes it: past it; NULL: it is not there. */
static const char *
past_name(const char *p)
{
	static const char own[] = "scs-ifd[";

	if (strncmp(p, own, sizeof(own) - 1) != 0)
		return NULL;
	p += sizeof(own) - 1;
	p += strspn(p, "0123456789");
	return strncmp(p, "]: ", 3) == 0 ? p + 3 : NULL;
}

const char *
said_parse(const char *line, enum log_level *level)
{
	const char *past;

	*level = LOG_LV_NOTICE;
	if (line[0] != '<' || line[1] < '0' || line[1] > '7' || line[2] != '>')
		return line;
	if (line[1] <= '3')
		*level = LOG_LV_ERR;
	else if (line[1] == '4')
		*level = LOG_LV_WARNING;
	else if (line[1] == '7')
		*level = LOG_LV_DEBUG;
	past = past_name(line + 3);
	return past != NULL ? past : line + 3;
}

static void
say_left_out(struct said *s)
{
	if (s->left_out > 0)
		log_notice("reader driver %u says too much: %lu lines were "
			   "left out",
		    s->driver, s->left_out);
	s->left_out = 0;
}

static void
count_anew(struct said *s)
{
	uint64_t now = clock_ms();

	if (s->since != 0 && now - s->since < SAID_WINDOW_MS)
		return;
	say_left_out(s);
	s->since = now;
	s->notices = s->faults = 0;
	s->bytes = 0;
}

static bool
is_too_much(struct said *s, enum log_level level)
{
	if (level == LOG_LV_DEBUG)
		return s->bytes >= SAID_BYTES;
	if (level == LOG_LV_NOTICE)
		return ++s->notices > SAID_BURST;
	return ++s->faults > SAID_BURST;
}

static void
end_line(struct said *s)
{
	enum log_level level;
	const char *text;

	s->line[s->n] = '\0';
	s->n = 0;
	text = said_parse(s->line, &level);
	if (text[0] == '\0')
		return;
	if (is_too_much(s, level))
		s->left_out++;
	else
		log_counted(level, "reader driver %u: %s", s->driver, text);
}

void
said_feed(struct said *s, struct span bytes)
{
	count_anew(s);
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n')
			end_line(s);
		else if (s->n < sizeof(s->line) - 1 && bytes.p[i] != '\0')
			s->line[s->n++] = (char)bytes.p[i];
	}
}

/* As read(2). */
static ssize_t
read_some(struct said *s)
{
	uint8_t bytes[READ_MAX];
	ssize_t n = read(s->fd, bytes, sizeof(bytes));

	if (n > 0) {
		said_feed(s, span_from(bytes, (size_t)n));
		s->bytes += (size_t)n;
	}
	return n;
}

/* What is in the pipe. */
static void
read_last(struct said *s)
{
	for (size_t i = 0; s->fd >= 0 && i < LAST_READS && read_some(s) > 0;)
		i++;
}

static int
on_rested(sd_event_source *src UNUSED, uint64_t usec UNUSED, void *data)
{
	struct said *s = data;

	s->rest = sd_event_source_disable_unref(s->rest);
	return sd_event_source_set_enabled(s->io, SD_EVENT_ON);
}

static int
on_said(sd_event_source *src, int fd UNUSED, uint32_t ev UNUSED, void *data)
{
	struct said *s = data;
	ssize_t n = read_some(s);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		said_close(s);
		return 0;
	}
	if (s->bytes < SAID_BYTES)
		return 0;
	read_last(s);
	if (sd_event_add_time_relative(sd_event_source_get_event(src), &s->rest,
		CLOCK_MONOTONIC, SAID_REST_MS * 1000ull, 0, on_rested, s) < 0)
		said_close(s);
	else
		(void)sd_event_source_set_enabled(src, SD_EVENT_OFF);
	return 0;
}

void
said_close(struct said *s)
{
	s->io = sd_event_source_disable_unref(s->io);
	s->rest = sd_event_source_disable_unref(s->rest);
	read_last(s);
	fd_close(&s->fd);
	if (s->n > 0)
		end_line(s);
	say_left_out(s);
}

err_t
said_open(struct said *s, sd_event *ev, int fd)
{
	CLOSE_FD int pipe = fd;
	err_t e;

	said_close(s);
	if ((e = fd_nonblock(pipe)))
		return e;
	if (sd_event_add_io(ev, &s->io, pipe, EPOLLIN, on_said, s) < 0)
		return ERR_NOMEM;
	/* clients go first */
	(void)sd_event_source_set_priority(s->io, SD_EVENT_PRIORITY_IDLE);
	s->fd = fd_take(&pipe);
	return ERR_OK;
}
