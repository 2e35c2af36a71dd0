/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/device.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/acl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"

#define USER_A 61950
#define USER_B 61951

/* A file that has a list, or -1. */
static int
file(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	if (device_change(fd, USER_A, true) != ERR_OK) {
		print_message("no access control lists in /tmp\n");
		fd_close(&fd);
	}
	return fd;
}

static bool
list_says(acl_t acl, const char *line)
{
	char *text = acl_to_text(acl, NULL);
	bool found;

	assert_non_null(text);
	found = strstr(text, line) != NULL;
	(void)acl_free(text);
	(void)acl_free(acl);
	return found;
}

static bool
says(int fd, const char *line)
{
	return list_says(acl_get_fd(fd), line);
}

static bool
names(const char *path, const char *line)
{
	return list_says(acl_get_file(path, ACL_TYPE_ACCESS), line);
}

TEST(a_user_gets_the_node_and_loses_it_again)
{
	CLOSE_FD int fd = file();

	if (fd < 0)
		return;
	assert_true(says(fd, "user:61950:rw-"));
	assert_true(says(fd, "user::rw-") && says(fd, "group::r--"));
	EXPECT_OK(device_change(fd, USER_A, false));
	assert_false(says(fd, "61950"));
	assert_true(says(fd, "user::rw-") && says(fd, "other::---"));
}

TEST(a_second_user_does_not_touch_the_first)
{
	CLOSE_FD int fd = file();

	if (fd < 0)
		return;
	EXPECT_OK(device_change(fd, USER_B, true));
	EXPECT_OK(device_change(fd, USER_B, true)); /* again: no second entry */
	assert_true(says(fd, "user:61950:rw-") && says(fd, "user:61951:rw-"));
	EXPECT_OK(device_change(fd, USER_A, false));
	assert_true(!says(fd, "61950") && says(fd, "user:61951:rw-"));
}

/* A node in the folder of a bus; -1: no lists in /tmp. */
static int
node(const char *root, char path[64])
{
	int fd;

	(void)snprintf(path, 64, "%s/001", root);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, 64, "%s/001/002", root);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	return fd;
}

TEST(what_a_killed_supervisor_left_is_taken_back)
{
	char root[] = "/tmp/scs-device.XXXXXX", path[64];
	CLOSE_FD int fd = -1;
	CLOSE_FD int lists = file();

	if (lists < 0)
		return;
	assert_non_null(mkdtemp(root));
	fd = node(root, path);
	EXPECT_OK(device_change(fd, USER_A, true));
	EXPECT_OK(device_change(fd, USER_B, true));
	EXPECT_OK(
	    device_change(fd, USER_B + 1, true)); /* somebody else's wish */
	device_sweep(root, USER_A, USER_B);
	assert_false(says(fd, "61950") || says(fd, "61951"));
	assert_true(says(fd, "user:61952:rw-") && says(fd, "group::r--"));
	device_sweep("/nonexistent", USER_A, USER_B);
	assert_int_equal(unlink(path), 0);
	path[strlen(path) - 4] = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

/* Only root makes nodes; for others /dev/null shows what is left alone. */
TEST(a_serial_line_is_given_by_the_name_before_the_colon)
{
	char root[] = "/tmp/scs-device.XXXXXX", path[64], name[80], node[64];
	CLOSE_FD int lists = file();

	assert_false(device_line("well", node, sizeof(node)));
	assert_false(device_line("/dev/null:0x8C7B", node, sizeof(node)));
	assert_false(device_line("/nonexistent", node, sizeof(node)));
	assert_false(device_line("/tmp", node, sizeof(node)));
	assert_false(device_line("/dev/null", node, 9));
	if (lists < 0 || geteuid() != 0)
		return;
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/line", root);
	(void)snprintf(name, sizeof(name), "%s:Twin", path);
	assert_int_equal(mknod(path, S_IFCHR | 0640, makedev(1, 3)), 0);
	assert_true(device_line(name, node, sizeof(node)));
	assert_string_equal(node, path);
	EXPECT_OK(device_line_grant(node, USER_A));
	EXPECT_OK(device_line_grant(node, USER_B));
	assert_true(names(node, "user:61950:rw-"));
	device_line_revoke(node, USER_A, USER_A);
	assert_false(names(node, "61950"));
	assert_true(names(node, "user:61951:rw-"));
	assert_true(names(node, "group::r--") && names(node, "other::---"));
	EXPECT_ERR(ERR_IO, device_line_grant("/nonexistent", USER_A), "none");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(root), 0);
}

TEST(a_device_that_is_not_there_is_nobodys)
{
	const struct usb_address nowhere = { .bus = 255, .device = 127 };

	EXPECT_ERR(ERR_REMOVED, device_grant(&nowhere, USER_A), "no such node");
	device_revoke(&nowhere, USER_A);
}

TEST_MAIN("scsd/device")
