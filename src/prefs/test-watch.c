/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefs/watch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "fault.h"
#include "test.h"

#define PATIENCE_MS 60000 /* whoever waits longer waits for ever */

static unsigned int calls;

static void
count(void *ctx)
{
	assert_ptr_equal(ctx, &calls);
	calls++;
}

/* Run the loop for a while; how often was count() called? */
static unsigned int
turn(sd_event *ev, uint64_t ms)
{
	uint64_t until = deadline_in(ms);

	calls = 0;
	while (clock_ms() < until)
		assert_true(sd_event_run(ev, 10000) >= 0);
	return calls;
}

/* Run it until count() was called, and a little more; how often was it? */
static unsigned int
told(sd_event *ev)
{
	uint64_t until = deadline_in(PATIENCE_MS);
	unsigned int first;

	calls = 0;
	while (calls == 0) {
		assert_true(clock_ms() < until);
		assert_true(sd_event_run(ev, 10000) >= 0);
	}
	first = calls;
	return first + turn(ev, 3ull * WATCH_SETTLE_MS);
}

static void
put(const char *path)
{
	EXPECT_OK(file_write(path, 0644, span_str("x")));
}

TEST(changes_are_told_once_also_in_folders_that_come_later)
{
	char dir[] = "/tmp/scs-watch.XXXXXX", a[64], ab[64], f[80];
	const char *folders[] = { ab };
	struct watch *w = NULL;
	sd_event *ev = NULL;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	(void)snprintf(ab, sizeof(ab), "%s/a/b", dir);
	(void)snprintf(f, sizeof(f), "%s/a/b/f.plist", dir);
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_OK(watch_new(ev, folders, 1, count, &calls, &w));
	assert_int_equal(turn(ev, 200), 0);
	assert_int_equal(mkdir(a, 0755), 0);
	assert_int_equal(mkdir(ab, 0755), 0);
	put(f); /* before the watch can be on the folder */
	assert_in_range(told(ev), 1, 2);
	for (int i = 0; i < 5; i++)
		put(f);
	assert_int_equal(told(ev), 1);
	assert_int_equal(chmod(f, 0600), 0);
	assert_int_equal(told(ev), 1);
	assert_int_equal(unlink(f), 0);
	assert_int_equal(told(ev), 1);
	assert_int_equal(turn(ev, 200), 0);
	/* the folder goes and comes back */
	assert_int_equal(rmdir(ab), 0);
	assert_in_range(told(ev), 1, 2);
	assert_int_equal(mkdir(ab, 0755), 0);
	assert_in_range(told(ev), 1, 2);
	put(f);
	assert_int_equal(told(ev), 1);
	watch_free(&w);
	sd_event_unref(ev);
	(void)unlink(f);
	(void)rmdir(ab);
	(void)rmdir(a);
	(void)rmdir(dir);
}

TEST(folders_below_a_prefix_are_watched_and_counted)
{
	static const char *const rel[WATCH_BELOW_MAX + 1] = { "/a", "/b", "/c",
		"/d", "/e" };
	char dir[] = "/tmp/scs-watch.XXXXXX", a[64];
	struct watch_below what = { dir, rel, nitems(rel) };
	struct watch *w = NULL;
	sd_event *ev = NULL;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_ERR(ERR_LIMIT, watch_new_below(ev, &what, count, &calls, &w),
	    "one folder too many");
	assert_null(w);
	what.n = 1;
	EXPECT_OK(watch_new_below(ev, &what, count, &calls, &w));
	assert_int_equal(turn(ev, 200), 0);
	assert_int_equal(mkdir(a, 0755), 0);
	assert_in_range(told(ev), 1, 2);
	watch_free(&w);
	sd_event_unref(ev);
	(void)rmdir(a);
	(void)rmdir(dir);
}

/* A writer that never rests must not keep the news away. */
TEST(constant_changes_are_told_all_the_same)
{
	char dir[] = "/tmp/scs-watch.XXXXXX", f[64];
	const char *folders[] = { dir };
	struct watch *w = NULL;
	sd_event *ev = NULL;
	unsigned int early = 0;
	uint64_t until, last;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(f, sizeof(f), "%s/f", dir);
	assert_true(sd_event_new(&ev) >= 0);
	EXPECT_OK(watch_new(ev, folders, 1, count, &calls, &w));
	calls = 0;
	last = clock_ms();
	until = deadline_in(2ull * WATCH_LATEST_MS + 200);
	while (clock_ms() < until || calls == 0) {
		put(f);
		/* where the machine rested, so did the writer */
		early += clock_ms() - last >= WATCH_SETTLE_MS / 2;
		last = clock_ms();
		assert_true(sd_event_run(ev, 10000) >= 0);
	}
	assert_in_range(calls, 1, 4 + early);
	watch_free(&w);
	sd_event_unref(ev);
	(void)unlink(f);
	(void)rmdir(dir);
}

static err_t
use(void *ctx)
{
	static const char *const folders[] = { "/tmp", "/etc" };
	struct watch *w = NULL;
	err_t e;

	if ((e = watch_new(ctx, folders, 2, count, &calls, &w)))
		return e;
	watch_free(&w);
	return ERR_OK;
}

TEST(a_watch_begins_or_leaves_nothing_behind)
{
	sd_event *ev = NULL;

	assert_true(sd_event_new(&ev) >= 0);
	assert_true(fault_each(use, ev) >= 3);
	sd_event_unref(ev);
}

TEST_MAIN("prefs/watch")
