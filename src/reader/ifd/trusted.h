/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose code a driver is: nobody but root decides what a reader's host runs. */
#ifndef SCS_READER_IFD_TRUSTED_H
#define SCS_READER_IFD_TRUSTED_H

#include <limits.h>

#include "base/why.h"

/*
 * The file that `path` leads to, by its own name, without links. It and every
 * folder above it belong to root (or to who runs this) and only their owner can
 * write there; a folder that everybody can write is one in which nobody can
 * rename what is not his (sticky).
 *
 * ERR_ABSENT  there is no such file
 * ERR_DENIED  others can change it; `why` says what
 * ERR_FORMAT  not a regular file
 */
MUST_CHECK err_t trusted_path(
    const char *path, char out[PATH_MAX], struct why *why);

#endif
