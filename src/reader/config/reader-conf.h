/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reader.conf(5) of pcsc-lite: readers that no bus announces. A line is a
 * keyword and a value, bare or in quotes; "#" starts a comment:
 *
 *	FRIENDLYNAME  text for people
 *	DEVICENAME    path, or what the driver makes of it
 *	LIBPATH       absolute path of the driver
 *	CHANNELID     number: decimal, 0x hexadecimal, 0 octal
 *
 * A reader is complete with all four. A keyword that the reader already has
 * starts the next one, and what is before it must then have a name, a library
 * and a device or a channel.
 */
#ifndef SCS_READER_CONFIG_READER_CONF_H
#define SCS_READER_CONFIG_READER_CONF_H

#include "base/span.h"
#include "base/why.h"

#define READER_CONF_MAX 120 /* readers; as many as anybody has tried */
#define READER_CONF_SIZE 65536 /* bytes of a file */
#define READER_CONF_NAME 122 /* with NUL; " 00 00" comes behind it */
#define READER_CONF_PATH 256 /* with NUL */

struct reader_conf {
	char name[READER_CONF_NAME];
	char library[READER_CONF_PATH];
	char device[READER_CONF_PATH]; /* "": by its channel */
	uint32_t channel; /* 0 when there is none */
};

struct reader_list {
	struct reader_conf readers[READER_CONF_MAX];
	size_t n;
	size_t left_out; /* more of them, for which there was no room */
};

/*
 * Append the readers of one file to `list`; unchanged on failure.
 *
 * ERR_FORMAT  `why` says which line and what is wrong with it
 * ERR_LIMIT   a longer file
 */
MUST_CHECK err_t reader_conf_parse(
    struct span text, struct reader_list *list, struct why *why);

/*
 * Append those of every file in `dir` in the order of their names; no folder,
 * no readers. Files must be trusted (base/file.h), and the folder as well. A
 * file that cannot be used, or the folder, is left out, as a whole, and reported
 * to `bad`, which may be NULL.
 * ERR_NOMEM: the folder could not be read.
 */
MUST_CHECK err_t reader_conf_load(const char *dir, struct reader_list *list,
    void (*bad)(const char *path, const struct why *why));

#endif
