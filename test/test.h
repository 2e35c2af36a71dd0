/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests are cmocka's; this adds that a test is registered where it is
 * written, and that a row of a table names itself when it fails.
 *
 *	TEST(tlv_refuses_indefinite_length) { ... }
 *	TEST_MAIN("codec/tlv")
 */
#ifndef SCS_TEST_H
#define SCS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"

/* A test may hold a large value; the limit on frames is for the product. */
#pragma GCC diagnostic ignored "-Wframe-larger-than="

#define TEST_MAX 256

static struct CMUnitTest tests_[TEST_MAX];
static size_t tests_n_;

#define TEST(name)                                                        \
	static void name(void **state);                                   \
	__attribute__((constructor)) static void register_##name(void)    \
	{                                                                 \
		if (tests_n_ == TEST_MAX)                                 \
			abort();                                          \
		tests_[tests_n_++] =                                      \
		    (struct CMUnitTest){ #name, name, NULL, NULL, NULL }; \
	}                                                                 \
	static void name(void **state __attribute__((unused)))

/* A group without a test is not a success: 77 is meson's "skipped". */
#define TEST_MAIN(group)                                          \
	int main(void)                                            \
	{                                                         \
		if (tests_n_ == 0) {                              \
			fprintf(stderr, "%s: no tests\n", group); \
			return 77;                                \
		}                                                 \
		return _cmocka_run_group_tests(                   \
		    group, tests_, tests_n_, NULL, NULL);         \
	}

/* An error code, with the row's own words when it is another one. */
#define EXPECT_ERR(want, got, why)                               \
	do {                                                     \
		err_t got_ = (got), want_ = (want);              \
		if (got_ != want_)                               \
			fail_msg("%s: wanted %s, got %s", (why), \
			    err_name(want_), err_name(got_));    \
	} while (0)

#define EXPECT_OK(got) EXPECT_ERR(ERR_OK, got, #got)

#define EXPECT_SPAN(s, text)                                         \
	do {                                                         \
		struct span s_ = (s);                                \
		assert_int_equal(s_.n, sizeof(text) - 1);            \
		assert_memory_equal(s_.p, (text), sizeof(text) - 1); \
	} while (0)

#endif
