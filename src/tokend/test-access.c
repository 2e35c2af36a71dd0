/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may use the cards; the peer's groups are those of this process. */
#include "tokend/access.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"

#define NOBODY 65534
#define GROUP 64999
#define AUTH 64998

static const struct access closed = { .auth_uid = AUTH, .group = (gid_t)-1 };

static err_t
check(const struct access *a, uid_t uid, const char **said)
{
	static struct why why;
	struct peer p = { .uid = uid, .gid = uid, .pid = 1 };
	int pair[2];
	err_t e;

	why = (struct why){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	e = access_check(a, pair[0], &p, &why);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	if (said != NULL)
		*said = why.text;
	return e;
}

TEST(root_we_and_the_login_service_may)
{
	EXPECT_OK(check(&closed, 0, NULL));
	EXPECT_OK(check(&closed, geteuid(), NULL));
	EXPECT_OK(check(&closed, AUTH, NULL));
}

TEST(others_may_not_and_hear_why)
{
	const char *said;

	EXPECT_ERR(ERR_DENIED, check(&closed, NOBODY, &said), "nobody");
	assert_non_null(strstr(said, "65534"));
}

TEST(unless_everybody_may)
{
	struct access open = closed;

	open.all = true;
	EXPECT_OK(check(&open, NOBODY, NULL));
}

TEST(members_of_the_group_may)
{
	struct access a = closed;
	gid_t mine[64];
	int n = getgroups((int)nitems(mine), mine);

	a.group = getegid();
	EXPECT_OK(check(&a, NOBODY, NULL)); /* by the socket's own group */
	for (int i = 0; i < n; i++) {
		a.group = mine[i];
		EXPECT_OK(check(&a, NOBODY, NULL));
	}
	a.group = GROUP;
	EXPECT_ERR(ERR_DENIED, check(&a, NOBODY, NULL), "another group");
}

TEST(no_group_is_no_group)
{
	EXPECT_ERR(ERR_DENIED, check(&closed, NOBODY, NULL), "group -1");
}

TEST(the_last_try_is_for_root_us_and_the_login_service)
{
	struct peer root = { 0 }, we = { .uid = geteuid() },
		    auth = { .uid = AUTH }, nobody = { .uid = NOBODY };

	assert_true(access_last_try(&closed, &root));
	assert_true(access_last_try(&closed, &we));
	assert_true(access_last_try(&closed, &auth));
	assert_false(access_last_try(&closed, &nobody));
}

TEST(a_login_is_the_login_services_alone)
{
	struct peer root = { 0 }, auth = { .uid = AUTH },
		    none = { .uid = (uid_t)-1 };
	struct access a = closed;

	assert_true(access_login(&a, &auth));
	assert_false(access_login(&a, &root));
	a.auth_uid = (uid_t)-1;
	assert_false(access_login(&a, &none));
}

TEST_MAIN("tokend/access")
