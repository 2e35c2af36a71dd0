/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/said.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"

static struct said s;
static int log_file;
static char logged[16 * 1024 * 1024];

static void
start(void)
{
	log_file = memfd_create("log", MFD_CLOEXEC);
	assert_true(log_file >= 0);
	log_init("test", log_file, LOG_LV_DEBUG);
	said_init(&s, 7);
}

static void
stop(void)
{
	said_close(&s);
	log_init("test", STDERR_FILENO, LOG_LV_NOTICE);
	fd_close(&log_file);
}

static unsigned int
times(const char *what)
{
	ssize_t n = pread(log_file, logged, sizeof(logged), 0);
	const char *p = logged, *end = logged + n;
	unsigned int found = 0;

	assert_true(n >= 0);
	while ((p = memmem(p, (size_t)(end - p), what, strlen(what))) != NULL) {
		p += strlen(what);
		found++;
	}
	return found;
}

static void
say(const char *text)
{
	said_feed(&s, span_str(text));
}

TEST(a_line_is_its_drivers_in_whatever_pieces_it_comes)
{
	start();
	say("no con");
	say("tact\nno power\n\n\n");
	assert_int_equal(times("]: reader driver 7: no contact\n"), 1);
	assert_int_equal(times("]: reader driver 7: no power\n"), 1);
	assert_int_equal(times("\n"), 2); /* an empty line says nothing */
	stop();
}

TEST(its_level_is_kept_and_its_name_left_out)
{
	start();
	say("<3>scs-ifd[123]: "
	    "refused\n<4>w\n<5>n\n<7>d\n<0>panic\n<9>x\nplain\n");
	assert_int_equal(times("<3>test["), 2);
	assert_int_equal(times("]: reader driver 7: refused\n"), 1);
	assert_int_equal(times("<4>test["), 1);
	assert_int_equal(times("<5>test["), 3);
	assert_int_equal(times("<7>test["), 1);
	assert_int_equal(times("]: reader driver 7: <9>x\n"), 1);
	stop();
}

/* What looks like another process's line is in the middle of its own. */
TEST(nobody_elses_line_is_said)
{
	start();
	say("<5>scs-authd[1]: login: user \"root\" let in\n"
	    "x\r<5>scs-authd[1]: let in\n"
	    "<5>scs-ifd[1x]: let in\n");
	assert_int_equal(times("\n"), 3);
	assert_int_equal(times("<5>test["), 3);
	assert_int_equal(times("\n<5>scs-authd"), 0);
	assert_int_equal(times("\r"), 0);
	assert_int_equal(times("driver 7: scs-authd[1]: login"), 1);
	stop();
}

TEST(a_line_without_an_end_is_cut)
{
	char most[SAID_LINE] = { 0 };

	start();
	for (size_t i = 0; i < 100 * 1000; i++)
		say("x");
	assert_int_equal(times("x"), 0);
	say("\nof it\n");
	memset(most, 'x', sizeof(most) - 1);
	assert_int_equal(times(most), 1);
	assert_int_equal(times("x"), SAID_LINE - 1);
	assert_int_equal(times("driver 7: of it\n"), 1);
	stop();
}

TEST(who_says_too_much_is_counted)
{
	start();
	for (unsigned int i = 0; i < 10 * SAID_BURST; i++)
		say("<5>again\n");
	assert_int_equal(times("again"), SAID_BURST);
	s.since -= SAID_WINDOW_MS;
	say("after\n");
	assert_int_equal(times("after"), 1);
	assert_int_equal(times("900 lines were left out"), 1);
	for (unsigned int i = 0; i < SAID_BURST; i++)
		say("<5>again\n");
	said_close(&s);
	assert_int_equal(times("1 lines were left out"), 1);
	stop();
}

/* Who floods the log drives no other driver's line out of it. */
TEST(each_driver_is_counted_for_itself)
{
	struct said other;

	start();
	said_init(&other, 8);
	for (unsigned int i = 0; i < 10 * SAID_BURST; i++)
		say("<4>careful\n");
	said_feed(&other, span_str("<3>no contact\n"));
	assert_int_equal(times("driver 8: no contact\n"), 1);
	said_close(&other);
	stop();
}

/* What scs-ifd has to say of its end is not lost in the driver's words. */
TEST(errors_are_counted_for_themselves)
{
	start();
	for (unsigned int i = 0; i < 10 * SAID_BURST; i++)
		say("<5>again\n");
	say("<3>scs-ifd[1]: hangs\n");
	assert_int_equal(times("hangs"), 1);
	for (unsigned int i = 0; i < 10 * SAID_BURST; i++)
		say("<4>careful\n");
	assert_int_equal(times("careful"), SAID_BURST - 1); /* with the error */
	stop();
}

TEST(debugging_is_not_cut_short)
{
	start();
	for (unsigned int i = 0; i < 10 * SAID_BURST; i++)
		say("<7>detail\n");
	assert_int_equal(times("detail"), 10 * SAID_BURST);
	stop();
}

/* The pipe, with its writer's end as scsd gives it to a driver. */
static sd_event *ev;
static int writer;

static void
open_pipe(void)
{
	int reader = -1;

	EXPECT_OK(fd_pipe(&reader, &writer));
	EXPECT_OK(fd_nonblock(writer));
	EXPECT_OK(said_open(&s, ev, reader));
}

static void
turn(void)
{
	while (sd_event_run(ev, 0) > 0)
		;
}

static void
put(const char *text)
{
	assert_int_equal(write(writer, text, strlen(text)), strlen(text));
}

TEST(a_process_is_read_to_its_end_and_the_next_one_after_it)
{
	start();
	assert_true(sd_event_new(&ev) >= 0);
	open_pipe();
	put("one\n");
	turn();
	assert_int_equal(times("driver 7: one\n"), 1);
	put("last words");
	fd_close(&writer);
	turn();
	assert_int_equal(times("driver 7: last words\n"), 1);
	assert_int_equal(s.fd, -1);
	open_pipe();
	put("of the second\n");
	fd_close(&writer);
	open_pipe(); /* before that was read */
	assert_int_equal(times("driver 7: of the second\n"), 1);
	put("third\n");
	turn();
	assert_int_equal(times("driver 7: third\n"), 1);
	fd_close(&writer);
	stop();
	ev = sd_event_unref(ev);
}

/* Its driver floods the pipe; nobody waits for it, and an error gets through. */
TEST(a_flood_is_read_slowly_and_an_error_in_it_is_seen)
{
	static const char error[] = "<3>scs-ifd[1]: it hangs\n";
	char full[4096];
	size_t n = 0;
	ssize_t r;

	start();
	for (size_t i = 0; i < sizeof(full); i += 8)
		memcpy(full + i, "<7>xxxx\n", 8);
	assert_true(sd_event_new(&ev) >= 0);
	open_pipe();
	while ((r = write(writer, full, sizeof(full))) > 0 &&
	    n < 8u * SAID_BYTES) {
		n += (size_t)r;
		(void)sd_event_run(ev, 0);
	}
	assert_int_equal(errno, EAGAIN); /* it is slower than the flood */
	assert_in_range(n, SAID_BYTES, 4u * SAID_BYTES);
	assert_non_null(s.rest);
	while (write(writer, error, sizeof(error) - 1) < 0)
		(void)sd_event_run(ev, 1000000);
	while (times("driver 7: it hangs") == 0)
		(void)sd_event_run(ev, 1000000);
	assert_in_range(times("xxxx") * 8u, SAID_BYTES / 2, SAID_BYTES);
	fd_close(&writer);
	stop();
	ev = sd_event_unref(ev);
}

TEST_MAIN("readerd/said")
