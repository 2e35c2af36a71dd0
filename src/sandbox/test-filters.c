/* SPDX-License-Identifier: BSD-2-Clause */
/* Each filter of the table is the one that libseccomp makes now. */
#include "sandbox/filters.h"

#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/rules.h"
#include "sandbox/sandbox.h"
#include "test.h"

#define NOBODY 0x40000000 /* no such set */

TEST(filters_are_those_of_the_rules)
{
	static struct sock_filter table[FILTER_MAX], now[FILTER_MAX];

	assert_true(filters_n > 0);
	for (size_t i = 0; i < filters_n; i++) {
		int code = memfd_create("filter", MFD_CLOEXEC);
		scmp_filter_ctx f;
		size_t n = 0;

		EXPECT_OK(rules_build(filters[i].groups, getpid(), &f));
		assert_true(code >= 0);
		assert_int_equal(seccomp_export_bpf(f, code), 0);
		EXPECT_OK(filters_find(filters[i].groups, getpid(), table, &n));
		assert_int_equal(
		    pread(code, now, sizeof(now), 0), n * sizeof(now[0]));
		assert_memory_equal(now, table, n * sizeof(now[0]));
		seccomp_release(f);
		(void)close(code);
	}
}

TEST(another_process_has_another_filter)
{
	static struct sock_filter mine[FILTER_MAX], theirs[FILTER_MAX];
	size_t n, m, other = 0;

	EXPECT_OK(filters_find(SANDBOX_SOCKETS, 1000, mine, &n));
	EXPECT_OK(filters_find(SANDBOX_SOCKETS, 1001, theirs, &m));
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		other += mine[i].k != theirs[i].k;
	assert_int_equal(other, 1);
}

TEST(a_set_of_no_program_is_not_there)
{
	static struct sock_filter code[FILTER_MAX];
	size_t n;

	EXPECT_ERR(ERR_ABSENT, filters_find(NOBODY, 1, code, &n), "absent");
}

TEST_MAIN("sandbox/filters")
