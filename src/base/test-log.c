/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"

static int ends[2];

/* What the last call wrote; "" for nothing. */
static const char *
logged(void)
{
	static char text[4096];
	ssize_t r = read(ends[0], text, sizeof(text) - 1);

	text[r > 0 ? r : 0] = '\0';
	return text;
}

static void
start(enum log_level max)
{
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	log_init("test", ends[1], max);
}

TEST(log_line_has_level_name_and_pid)
{
	char want[64];

	start(LOG_LV_NOTICE);
	log_warning("reader \"%s\": gone", "Example 00");
	(void)snprintf(want, sizeof(want), "<4>test[%ld]: ", (long)getpid());
	assert_int_equal(strncmp(logged(), want, strlen(want)), 0);
}

TEST(log_leaves_out_what_is_below_its_level)
{
	start(LOG_LV_WARNING);
	log_notice("not this");
	assert_string_equal(logged(), "");
	log_err("but this");
	assert_non_null(strstr(logged(), "but this\n"));
}

/* The clock goes ahead by so many seconds. */
static time_t ahead;

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, clock, t);

	t->tv_sec += ahead;
	return r;
}

static void
turned_away(unsigned int i)
{
	log_warning("a client was turned away: %u", i);
}

/* Lines of one kind that get through of so many. */
static unsigned int
flood(unsigned int n)
{
	unsigned int through = 0;

	for (unsigned int i = 0; i < n; i++) {
		turned_away(i);
		through += logged()[0] != '\0';
	}
	return through;
}

TEST(who_floods_the_log_drives_no_other_line_out_of_it)
{
	start(LOG_LV_DEBUG);
	assert_int_equal(flood(3 * LOG_BURST), LOG_BURST);
	log_err("a certificate is false");
	assert_non_null(strstr(logged(), "a certificate is false"));
	for (unsigned int i = 0; i < 2 * LOG_BURST; i++) {
		log_debug("who asks for them gets them all");
		assert_string_not_equal(logged(), "");
	}
}

TEST(how_many_lines_are_missing_is_told_with_the_next)
{
	const char *got;

	start(LOG_LV_NOTICE);
	assert_int_equal(flood(LOG_BURST + 7), LOG_BURST);
	ahead += LOG_WINDOW_MS / 1000;
	turned_away(7);
	got = logged();
	assert_non_null(strstr(got, ": 7 lines like the next were left out\n"));
	assert_non_null(strstr(got, "turned away: 7\n"));
	turned_away(8);
	assert_null(strstr(logged(), "left out"));
}

static void
fill(void)
{
	static const char much[4096];

	while (write(ends[1], much, sizeof(much)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

/* A reader that comes back for what it has not read. */
static void *
reads_late(void *seen)
{
	char bytes[4096];
	size_t n = 0;

	(void)usleep(20000);
	while (memmem(bytes, n, "an error", 8) == NULL) {
		ssize_t r = read(ends[0], bytes, sizeof(bytes));

		n = r > 0 ? (size_t)r : 0;
		if (memmem(bytes, n, "a notice", 8) != NULL)
			*(bool *)seen = true;
	}
	return NULL;
}

TEST(an_error_waits_for_a_slow_reader_and_a_notice_does_not)
{
	bool seen = false;
	pthread_t t;

	start(LOG_LV_NOTICE);
	fill();
	log_notice("a notice"); /* nobody reads yet */
	assert_int_equal(pthread_create(&t, NULL, reads_late, &seen), 0);
	log_err("an error");
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_false(seen);
	/* with nobody at all it does not wait for ever */
	fill();
	log_err("an error");
}

TEST(log_event_is_one_line_whatever_it_quotes)
{
	const char *got;

	start(LOG_LV_DEBUG);
	log_debug("label %s", "a\nb\x1b[2J\xc2\x9b\xff");
	got = logged();
	assert_non_null(strstr(got, "label a?b?[2J???\n"));
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

TEST(log_line_is_cut_not_split)
{
	char much[3000];
	const char *got;

	memset(much, 'x', sizeof(much));
	much[sizeof(much) - 1] = '\0';
	start(LOG_LV_DEBUG);
	log_debug("%s", much);
	got = logged();
	assert_true(strlen(got) <= 1024);
	assert_int_equal(got[strlen(got) - 1], '\n');
}

TEST_MAIN("base/log")
