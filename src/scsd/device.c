/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/device.h"

#include <acl/libacl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"

static void
free_acl(acl_t *acl)
{
	if (*acl != NULL)
		(void)acl_free(*acl);
}

static bool
is_users(acl_entry_t entry, uid_t first, uid_t last)
{
	acl_tag_t tag;
	uid_t *whose;
	bool same;

	if (acl_get_tag_type(entry, &tag) != 0 || tag != ACL_USER ||
	    (whose = acl_get_qualifier(entry)) == NULL)
		return false;
	same = *whose >= first && *whose <= last;
	(void)acl_free(whose);
	return same;
}

/* How many entries of these users are gone; -1: it failed. */
static int
drop_users(acl_t acl, uid_t first, uid_t last)
{
	acl_entry_t entry;
	int n = 0, r = acl_get_entry(acl, ACL_FIRST_ENTRY, &entry);

	while (r == 1) {
		if (!is_users(entry, first, last)) {
			r = acl_get_entry(acl, ACL_NEXT_ENTRY, &entry);
			continue;
		}
		if (acl_delete_entry(acl, entry) != 0)
			return -1;
		n++;
		/* where it stands after that is not said */
		r = acl_get_entry(acl, ACL_FIRST_ENTRY, &entry);
	}
	return r == 0 ? n : -1;
}

static bool
add_user(acl_t *acl, uid_t uid)
{
	acl_entry_t entry;
	acl_permset_t set;

	return acl_create_entry(acl, &entry) == 0 &&
	    acl_set_tag_type(entry, ACL_USER) == 0 &&
	    acl_set_qualifier(entry, &uid) == 0 &&
	    acl_get_permset(entry, &set) == 0 && acl_clear_perms(set) == 0 &&
	    acl_add_perm(set, ACL_READ) == 0 &&
	    acl_add_perm(set, ACL_WRITE) == 0;
}

err_t
device_change(int fd, uid_t uid, bool grant)
{
	CLEANUP(free_acl) acl_t acl = acl_get_fd(fd);

	if (acl == NULL || drop_users(acl, uid, uid) < 0 ||
	    (grant && !add_user(&acl, uid)) || acl_calc_mask(&acl) != 0 ||
	    acl_set_fd(fd, acl) != 0)
		return ERR_IO;
	return ERR_OK;
}

static err_t
open_node(const struct usb_address *a, const char *node, int *out)
{
	CLOSE_FD int fd = -1;
	struct stat st;

	fd = open(node, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? ERR_REMOVED
							  : ERR_IO;
	if (fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != usb_rdev(a))
		return ERR_FORMAT;
	*out = fd_take(&fd);
	return ERR_OK;
}

err_t
device_grant(const struct usb_address *a, uid_t uid)
{
	CLOSE_FD int fd = -1;
	char node[USB_NODE_MAX];
	err_t e;

	usb_node(a, node);
	if ((e = open_node(a, node, &fd)) == ERR_OK)
		e = device_change(fd, uid, true);
	if (e == ERR_IO)
		log_err("%s cannot be given to its driver: %s", node,
		    strerror(errno));
	return e;
}

void
device_revoke(const struct usb_address *a, uid_t uid)
{
	CLOSE_FD int fd = -1;
	char node[USB_NODE_MAX];

	usb_node(a, node);
	if (open_node(a, node, &fd) == ERR_OK &&
	    device_change(fd, uid, false) != ERR_OK)
		log_warning("%s cannot be taken back from its driver: %s", node,
		    strerror(errno));
}

/* By name: opening a USB device wakes it up. True: something was there. */
static bool
drop_from(const char *path, uid_t first, uid_t last)
{
	CLEANUP(free_acl) acl_t acl = acl_get_file(path, ACL_TYPE_ACCESS);
	int n;

	if (acl == NULL || (n = drop_users(acl, first, last)) == 0)
		return false;
	if (n > 0 && acl_calc_mask(&acl) == 0 &&
	    acl_set_file(path, ACL_TYPE_ACCESS, acl) == 0)
		return true;
	log_warning("%s cannot be taken back from its driver: %s", path,
	    strerror(errno));
	return false;
}

static void
sweep_node(const char *path, uid_t first, uid_t last)
{
	if (drop_from(path, first, last))
		log_notice("%s is taken back from a driver of before", path);
}

void
device_line_revoke(const char *node, uid_t first, uid_t last)
{
	(void)drop_from(node, first, last);
}

bool
device_line(const char *device, char *out, size_t cap)
{
	const size_t n = strcspn(device, ":");
	struct stat st;

	if (device[0] != '/' || n >= cap)
		return false;
	memcpy(out, device, n);
	out[n] = '\0';
	return stat(out, &st) == 0 && S_ISCHR(st.st_mode) &&
	    (st.st_mode & (S_IROTH | S_IWOTH)) != (S_IROTH | S_IWOTH);
}

/* By name as well: opening a serial line is a signal to what is at its end. */
err_t
device_line_grant(const char *node, uid_t uid)
{
	CLEANUP(free_acl) acl_t acl = acl_get_file(node, ACL_TYPE_ACCESS);

	if (acl == NULL || drop_users(acl, uid, uid) < 0 ||
	    !add_user(&acl, uid) || acl_calc_mask(&acl) != 0 ||
	    acl_set_file(node, ACL_TYPE_ACCESS, acl) != 0) {
		log_err("%s cannot be given to its driver: %s", node,
		    errno == ENOTSUP
			? "its file system has no access control lists; "
			  "\"chmod 666\" gives it to everybody"
			: strerror(errno));
		return ERR_IO;
	}
	return ERR_OK;
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Call fn for each path in `dir`. */
static void
each(const char *dir, uid_t first, uid_t last,
    void (*fn)(const char *path, uid_t first, uid_t last))
{
	struct dirent **names;
	char path[SCS_PATH_MAX];
	int len, n = scandir(dir, &names, is_visible, alphasort);

	for (int i = 0; i < n; i++) {
		len = snprintf(
		    path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (len > 0 && (size_t)len < sizeof(path))
			fn(path, first, last);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
sweep_bus(const char *path, uid_t first, uid_t last)
{
	each(path, first, last, sweep_node);
}

void
device_sweep(const char *root, uid_t first, uid_t last)
{
	each(root, first, last, sweep_bus);
}
