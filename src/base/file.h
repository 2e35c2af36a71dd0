/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files: read under a cap, written atomically. */
#ifndef SCS_BASE_FILE_H
#define SCS_BASE_FILE_H

#include "base/buf.h"

/*
 * Read a regular file whole. ERR_ABSENT: no such file. ERR_LIMIT: longer than
 * out->max. ERR_FORMAT: not a regular file. ERR_NOMEM: no memory, no
 * descriptor. ERR_IO: anything else.
 * Symbolic links are followed; see file_read_trusted for files that decide.
 */
MUST_CHECK err_t file_read(const char *path, struct buf *out);

/*
 * The same for a file that decides who gets in: a regular file, not reached by
 * a symbolic link at its last step, owned by root (or by the caller when the
 * caller is not root), not writable by group or others. ERR_DENIED otherwise.
 */
MUST_CHECK err_t file_read_trusted(const char *path, struct buf *out);

/*
 * Replace or create `path` with exactly `s` and mode `mode`: a reader sees the
 * old file or the new one, also after a power cut (written beside it, synced,
 * renamed, folder synced). Nothing is left behind on failure.
 */
MUST_CHECK err_t file_write(const char *path, unsigned int mode, struct span s);

/*
 * mkdir -p with this mode, less the umask, for what is missing. ERR_FORMAT:
 * something that is not a folder has the name. ERR_DENIED: no permission.
 */
MUST_CHECK err_t file_mkdirs(const char *path, unsigned int mode);

#endif
