/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefs/pl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

/* Text as in base/text.h, in which tabs and line ends may stand. */
static bool
string_ok(struct span s)
{
	size_t n;

	for (;;) {
		for (n = 0; n < s.n; n++) {
			if (memchr("\t\n\r", s.p[n], 3) != NULL)
				break;
		}
		if (!text_may_be_kept(span_first(s, n)))
			return false;
		if (n == s.n)
			return true;
		s.p += n + 1;
		s.n -= n + 1;
	}
}

static bool
leaf_ok(plist_t node)
{
	const char *s;
	uint64_t n;

	if (plist_get_node_type(node) != PLIST_STRING)
		return true;
	s = plist_get_string_ptr(node, &n);
	/* a zero byte inside would cut the text for everybody else */
	return s != NULL && strlen(s) == n && string_ok(span_from(s, n));
}

struct level {
	plist_t node;
	void *iter; /* owned */
};

static err_t
push(struct level *stack, size_t *depth, plist_t node)
{
	struct level l = { .node = node };

	if (*depth == PL_DEPTH_MAX)
		return ERR_LIMIT;
	if (plist_get_node_type(node) == PLIST_DICT)
		plist_dict_new_iter(node, &l.iter);
	else
		plist_array_new_iter(node, &l.iter);
	if (l.iter == NULL)
		return ERR_NOMEM;
	stack[(*depth)++] = l;
	return ERR_OK;
}

/* The next value of a container, NULL at its end; its key is checked. */
static err_t
next(struct level *l, plist_t *out, size_t *keys)
{
	CLEANUP(free_mem) char *key = NULL;

	*out = NULL;
	if (plist_get_node_type(l->node) != PLIST_DICT) {
		plist_array_next_item(l->node, l->iter, out);
		return ERR_OK;
	}
	plist_dict_next_item(l->node, l->iter, &key, out);
	if (*out == NULL)
		return ERR_OK;
	(*keys)++;
	if (key == NULL || !string_ok(span_str(key)))
		return ERR_FORMAT;
	/* of two equal keys of a binary list, look-up finds but one */
	return plist_dict_get_item(l->node, key) == *out ? ERR_OK : ERR_FORMAT;
}

static err_t
check_tree(plist_t root, struct level *stack, size_t *depth, size_t *keys)
{
	plist_t node;
	plist_type type;
	err_t e;

	if ((e = push(stack, depth, root)))
		return e;
	while (*depth > 0) {
		if ((e = next(&stack[*depth - 1], &node, keys)))
			return e;
		if (node == NULL) {
			free(stack[--*depth].iter);
			continue;
		}
		type = plist_get_node_type(node);
		if (type == PLIST_DICT || type == PLIST_ARRAY)
			e = push(stack, depth, node);
		else if (!leaf_ok(node))
			e = ERR_FORMAT;
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/*
 * In XML libplist lets the last of two equal keys win: then the tree has fewer
 * keys than the bytes had.
 */
static err_t
check(plist_t root, size_t keys, struct why *why)
{
	struct level stack[PL_DEPTH_MAX];
	size_t depth = 0, n = 0;
	err_t e;

	if (plist_get_node_type(root) != PLIST_DICT)
		return why_add(
		    why, ERR_FORMAT, "the outermost value is no dictionary");
	e = check_tree(root, stack, &depth, &n);
	while (depth > 0)
		free(stack[--depth].iter);
	if (e == ERR_NOMEM)
		return why_add(why, e, "%s", err_text(e));
	if (e != ERR_OK)
		return why_add(
		    why, e, "text that is not plain UTF-8, or an equal key");
	if (n != keys)
		return why_add(
		    why, ERR_FORMAT, "the same key twice in a dictionary");
	return ERR_OK;
}

err_t
pl_parse(struct span in, plist_t *out, struct why *why)
{
	CLEANUP(pl_free) plist_t root = NULL;
	bool binary = in.n >= 8 && memcmp(in.p, "bplist00", 8) == 0;
	size_t keys;
	err_t e;

	e = binary ? pl_guard_binary(in, &keys, why)
		   : pl_guard_xml(in, &keys, why);
	if (e != ERR_OK)
		return e;
	if (binary)
		plist_from_bin((const char *)in.p, (uint32_t)in.n, &root);
	else
		plist_from_xml((const char *)in.p, (uint32_t)in.n, &root);
	if (root == NULL)
		return why_add(why, ERR_FORMAT, "no property list");
	if ((e = check(root, keys, why)))
		return e;
	*out = TAKE(root);
	return ERR_OK;
}

static err_t
folder_of(const char *path, char out[SCS_PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path ||
	    (size_t)(slash - path) >= SCS_PATH_MAX)
		return ERR_LIMIT;
	memcpy(out, path, (size_t)(slash - path));
	out[slash - path] = '\0';
	return ERR_OK;
}

err_t
pl_folder_trusted(const char *folder, struct why *why)
{
	struct stat st;

	if (stat(folder, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return ERR_OK;
		return why_add(why, errno == ENOMEM ? ERR_NOMEM : ERR_IO,
		    "%s: %s", folder, strerror(errno));
	}
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_add(why, ERR_DENIED,
		    "%s: it must belong to root and be writable by root alone",
		    folder);
	return ERR_OK;
}

err_t
pl_load(const char *path, plist_t *out, struct why *why)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(PL_SIZE_MAX);
	char folder[SCS_PATH_MAX];
	err_t e;

	if ((e = folder_of(path, folder)) ||
	    (e = pl_folder_trusted(folder, why)))
		return e;
	if ((e = file_read_trusted(path, &b)) == ERR_ABSENT)
		return e;
	if (e == ERR_DENIED)
		return why_add(why, e,
		    "%s: it must belong to root, be writable by root alone, "
		    "and be no link",
		    path);
	if (e == ERR_LIMIT)
		return why_add(
		    why, e, "%s: longer than %d bytes", path, PL_SIZE_MAX);
	if (e != ERR_OK)
		return why_add(why, e, "%s: %s", path, err_text(e));
	e = pl_parse(buf_span(&b), out, why);
	if (e == ERR_NOMEM)
		return why_add(why, e, "%s", path);
	if (e != ERR_OK)
		return why_add(why, e, "%s: not a valid property list", path);
	return ERR_OK;
}

static err_t
lock_folder(const char *path, int *lock, struct why *why)
{
	CLOSE_FD int fd = -1;
	char folder[SCS_PATH_MAX], file[SCS_PATH_MAX + sizeof(PL_LOCK_NAME)];
	err_t e;

	if ((e = folder_of(path, folder)) == ERR_OK) {
		/* the services read it under users of their own, whatever
		 * root's umask is */
		mode_t mask = umask(S_IWGRP | S_IWOTH);

		e = file_mkdirs(folder, 0755);
		(void)umask(mask);
	}
	if (e != ERR_OK)
		return why_add(why, e, "the folder of %s: %s", path,
		    e == ERR_DENIED ? "permission denied (are you root?)"
				    : err_text(e));
	/* who can write it could put in a lock that he never lets go */
	if ((e = pl_folder_trusted(folder, why)))
		return e;
	/* the folder itself could be locked, for ever, by whoever may read it */
	(void)snprintf(file, sizeof(file), "%s%s", folder, PL_LOCK_NAME);
	fd = open(file,
	    O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EACCES)
		return why_add(why, ERR_DENIED,
		    "%s: permission denied (are you root?)", file);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		return why_add(why, ERR_IO, "%s: %s", file, strerror(errno));
	*lock = fd_take(&fd);
	return ERR_OK;
}

err_t
pl_edit_open(struct pl_edit *x, const char *path, struct why *why)
{
	err_t e;

	x->path = path;
	if ((e = lock_folder(path, &x->lock, why)))
		return e;
	if ((e = pl_load(path, &x->list, why)) != ERR_OK && e != ERR_ABSENT)
		return e;
	if (x->list == NULL && (x->list = plist_new_dict()) == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

err_t
pl_edit_store(const struct pl_edit *x, struct why *why)
{
	return pl_store(x->path, x->list, why);
}

void
pl_edit_done(struct pl_edit *x)
{
	pl_free(&x->list);
	fd_close(&x->lock);
}

err_t
pl_store(const char *path, plist_t list, struct why *why)
{
	CLEANUP(pl_free) plist_t again = NULL;
	char *xml = NULL;
	uint32_t n = 0;
	err_t e;

	plist_to_xml(list, &xml, &n);
	if (xml == NULL)
		return ERR_NOMEM;
	/* what could not be read back would cost all that is in the file */
	if ((e = pl_parse(span_from(xml, n), &again, why)) == ERR_OK)
		e = file_write(path, 0644, span_from(xml, n));
	plist_to_xml_free(xml);
	if (again == NULL)
		return why_add(why, e, "%s: not written", path);
	if (e != ERR_OK)
		return why_add(why, e, "%s: cannot be written: %s", path,
		    e == ERR_DENIED ? "permission denied (are you root?)"
			: e == ERR_IO
			? "the disk is full, or fails; nothing was changed"
			: err_text(e));
	return ERR_OK;
}

void
pl_free(plist_t *list)
{
	if (list == NULL || *list == NULL)
		return;
	plist_free(*list);
	*list = NULL;
}

err_t
pl_bool(plist_t node, bool *out)
{
	uint8_t b = 0;
	int64_t v;
	const char *s;

	if (plist_get_node_type(node) == PLIST_BOOLEAN) {
		plist_get_bool_val(node, &b);
		*out = b != 0;
		return ERR_OK;
	}
	if (pl_string(node, &s) == ERR_OK) {
		if (strcasecmp(s, "YES") == 0 || strcasecmp(s, "true") == 0)
			*out = true;
		else if (strcasecmp(s, "NO") == 0 ||
		    strcasecmp(s, "false") == 0)
			*out = false;
		else
			return ERR_FORMAT;
		return ERR_OK;
	}
	if (pl_int(node, &v) != ERR_OK || v < 0 || v > 1)
		return ERR_FORMAT;
	*out = v == 1;
	return ERR_OK;
}

err_t
pl_int(plist_t node, int64_t *out)
{
	uint64_t v = 0;
	uint8_t b = 0;

	if (plist_get_node_type(node) == PLIST_BOOLEAN) {
		plist_get_bool_val(node, &b);
		*out = b;
		return ERR_OK;
	}
	if (plist_get_node_type(node) != PLIST_UINT)
		return ERR_FORMAT;
	plist_get_uint_val(node, &v);
	*out =
	    (int64_t)v; /* libplist keeps negative ones as two's complement */
	return ERR_OK;
}

err_t
pl_string(plist_t node, const char **out)
{
	const char *s;

	if (plist_get_node_type(node) != PLIST_STRING ||
	    (s = plist_get_string_ptr(node, NULL)) == NULL)
		return ERR_FORMAT;
	*out = s;
	return ERR_OK;
}

err_t
pl_strings(plist_t node)
{
	const char *s;
	uint32_t n;

	if (plist_get_node_type(node) != PLIST_ARRAY)
		return ERR_FORMAT;
	n = plist_array_get_size(node);
	for (uint32_t i = 0; i < n; i++) {
		if (pl_string(plist_array_get_item(node, i), &s) != ERR_OK)
			return ERR_FORMAT;
	}
	return ERR_OK;
}
