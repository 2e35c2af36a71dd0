/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of reader.conf.d, which belong to root like what they start. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "reader/config/reader-conf.h"

/* Not hidden, no editor's left-overs, nothing dpkg has put aside. */
static int
is_config(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 0 && d->d_name[0] != '.' && d->d_name[n - 1] != '~' &&
	    strstr(d->d_name, ".dpkg-") == NULL;
}

static void
load_file(const char *path, struct reader_list *list,
    void (*bad)(const char *path, const struct why *why))
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(READER_CONF_SIZE);
	struct why why = { 0 };
	err_t e;

	if ((e = file_read_trusted(path, &text)))
		(void)why_add(&why, e, "%s",
		    e == ERR_DENIED
			? "it must be a file of root's that nobody else can "
			  "write"
			: err_text(e));
	else
		e = reader_conf_parse(buf_span(&text), list, &why);
	if (e != ERR_OK && bad != NULL)
		bad(path, &why);
}

/* Files in it can be put aside, and brought back, by who may write there. */
static err_t
folder_trusted(const char *dir, struct why *why)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return errno == ENOENT ? ERR_ABSENT : ERR_NOMEM;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_add(why, ERR_DENIED,
		    "it must be a folder of root's that nobody else can write");
	return ERR_OK;
}

err_t
reader_conf_load(const char *dir, struct reader_list *list,
    void (*bad)(const char *path, const struct why *why))
{
	struct dirent **names = NULL;
	char path[SCS_PATH_MAX];
	struct why why = { 0 };
	int n, len;
	err_t e;

	if ((e = folder_trusted(dir, &why)) == ERR_ABSENT)
		return ERR_OK;
	if (e == ERR_DENIED && bad != NULL)
		bad(dir, &why);
	if (e != ERR_OK)
		return e == ERR_DENIED ? ERR_OK : e;
	n = scandir(dir, &names, is_config, alphasort);
	if (n < 0)
		return errno == ENOENT ? ERR_OK : ERR_NOMEM;
	for (int i = 0; i < n; i++) {
		len = snprintf(
		    path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (len > 0 && (size_t)len < sizeof(path))
			load_file(path, list, bad);
		free(names[i]);
	}
	free(names);
	return ERR_OK;
}
