/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/path.h"

#include <stdlib.h>

#include "test.h"

TEST(path_moves_under_a_prefix)
{
	static const struct {
		const char *why, *prefix, *want;
		err_t e;
	} rows[] = {
		{ "the system", NULL, "/run/scs/token.sock", ERR_OK },
		{ "empty", "", "/run/scs/token.sock", ERR_OK },
		{ "a prefix", "/x/y", "/x/y/run/scs/token.sock", ERR_OK },
		{ "dots in a name", "/x/..y/z..",
		    "/x/..y/z../run/scs/token.sock", ERR_OK },
		{ "relative", "x", NULL, ERR_FORMAT },
		{ "dot dot", "/x/../y", NULL, ERR_FORMAT },
		{ "dot dot at the end", "/x/..", NULL, ERR_FORMAT },
		{ "dot dot at the start", "/../x", NULL, ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		char out[SCS_PATH_MAX] = "";

		EXPECT_ERR(rows[i].e,
		    path_under(rows[i].prefix, PATH_TOKEN_SOCK, out),
		    rows[i].why);
		if (rows[i].want != NULL)
			assert_string_equal(out, rows[i].want);
	}
}

TEST(path_too_long_is_refused)
{
	char prefix[SCS_PATH_MAX], out[SCS_PATH_MAX];

	memset(prefix, 'x', sizeof(prefix));
	prefix[0] = '/';
	prefix[SCS_PATH_MAX - 3] = '\0';
	EXPECT_ERR(ERR_LIMIT, path_under(prefix, "/ab", out), "4096 bytes");
	EXPECT_OK(path_under(prefix, "/a", out));
}

TEST(path_of_a_client_comes_from_the_environment)
{
	(void)unsetenv("SCS_PREFIX");
	assert_null(path_client_prefix());
	(void)setenv("SCS_PREFIX", "", 1);
	assert_null(path_client_prefix());
	(void)setenv("SCS_PREFIX", "/x", 1);
	assert_string_equal(path_client_prefix(), "/x");
}

TEST_MAIN("base/path")
