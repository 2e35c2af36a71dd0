/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <fcntl.h>
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
