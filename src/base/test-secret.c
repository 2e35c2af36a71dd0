/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/secret.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "test.h"

/* The address sanitizer turns mlock(2) into nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define LOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LOCKS 0
#endif
#endif
#ifndef LOCKS
#define LOCKS 1
#endif

TEST(secret_holds_what_it_was_given)
{
	CLEANUP(secret_free) struct secret *s = NULL;

	EXPECT_OK(secret_from(span_str("123456"), &s));
	EXPECT_SPAN(secret_span(s), "123456");
	assert_int_equal(secret_len(s), 6);
	secret_free(&s);
	assert_null(s);
}

TEST(secret_length_has_bounds)
{
	struct secret *s = NULL;

	EXPECT_ERR(ERR_LIMIT, secret_new(0, &s), "nothing");
	EXPECT_ERR(ERR_LIMIT, secret_new(SECRET_MAX + 1, &s), "too much");
	assert_null(s);
	EXPECT_OK(secret_new(SECRET_MAX, &s));
	secret_free(&s);
}

TEST(secret_trim_wipes_the_rest)
{
	CLEANUP(secret_free) struct secret *s = NULL;

	EXPECT_OK(secret_from(span_str("12345678"), &s));
	secret_trim(s, 9);
	assert_int_equal(secret_len(s), 8);
	secret_trim(s, 6);
	assert_int_equal(secret_len(s), 6);
	assert_memory_equal(secret_bytes(s), "123456\0\0", 8);
}

TEST(secret_compares_by_content_and_length)
{
	static const struct {
		const char *why, *a, *b;
		bool want;
	} rows[] = {
		{ "the same", "123456", "123456", true },
		{ "last digit", "123456", "123457", false },
		{ "first digit", "023456", "123456", false },
		{ "a prefix", "12345", "123456", false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct secret *a, *b;

		EXPECT_OK(secret_from(span_str(rows[i].a), &a));
		EXPECT_OK(secret_from(span_str(rows[i].b), &b));
		if (secret_eq(a, b) != rows[i].want)
			fail_msg("%s", rows[i].why);
		secret_free(&a);
		secret_free(&b);
	}
}

/* "No PIN" must never match "no PIN". */
TEST(secret_that_is_not_there_equals_nothing)
{
	CLEANUP(secret_free) struct secret *s = NULL;

	EXPECT_OK(secret_from(span_str("1"), &s));
	assert_false(secret_eq(NULL, NULL));
	assert_false(secret_eq(s, NULL));
	assert_false(secret_eq(NULL, s));
	secret_trim(s, 0);
	assert_false(secret_eq(s, s));
}

TEST(secret_null_is_accepted_everywhere)
{
	struct secret *none = NULL;

	secret_free(NULL);
	secret_free(&none);
	secret_trim(NULL, 3);
	assert_int_equal(secret_len(NULL), 0);
	assert_null(secret_bytes(NULL));
	assert_int_equal(secret_span(NULL).n, 0);
}

TEST(secret_is_gone_after_fork)
{
	CLEANUP(secret_free) struct secret *s = NULL;
	int status;
	pid_t pid;

	EXPECT_OK(secret_from(span_str("123456"), &s));
	if ((pid = fork()) == 0)
		_exit(memcmp(secret_bytes(s), "\0\0\0\0\0\0", 6) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT_SPAN(secret_span(s), "123456");
}

/* /proc/self/smaps: "lo" locked, "dd" not dumped, "wf" wiped on fork. */
TEST(secret_page_is_locked_and_not_dumped)
{
	CLEANUP(secret_free) struct secret *s = NULL;
	char line[512], start[32];
	bool here = false, found = false;
	FILE *f;

	if (!LOCKS)
		skip();
	EXPECT_OK(secret_new(6, &s));
	(void)snprintf(start, sizeof(start), "%lx-",
	    (unsigned long)(uintptr_t)secret_bytes(s));
	assert_non_null(f = fopen("/proc/self/smaps", "re"));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, start, strlen(start)) == 0)
			here = true;
		if (!here || strncmp(line, "VmFlags:", 8) != 0)
			continue;
		assert_non_null(strstr(line, " lo"));
		assert_non_null(strstr(line, " dd"));
		assert_non_null(strstr(line, " wf"));
		found = true;
		break;
	}
	(void)fclose(f);
	assert_true(found);
}

/* What cannot be locked is refused: it could reach the swap. */
TEST(secret_that_cannot_be_locked_is_refused)
{
	int status;
	pid_t pid;

	if (!LOCKS)
		skip();
	if ((pid = fork()) == 0) {
		struct rlimit none = { 0, 0 };
		struct secret *s = NULL;

		if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
		    (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
			_exit(2);
		_exit(secret_new(6, &s) == ERR_NOMEM && s == NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static err_t
use(void *ctx)
{
	CLEANUP(secret_free) struct secret *s = NULL;

	(void)ctx;
	return secret_from(span_str("123456"), &s);
}

TEST(secret_survives_any_failed_allocation)
{
	assert_int_equal(fault_each(use, NULL), 2); /* calloc and mmap */
}

TEST_MAIN("base/secret")
