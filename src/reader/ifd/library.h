/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver's shared object, loaded for the life of the process. */
#ifndef SCS_READER_IFD_LIBRARY_H
#define SCS_READER_IFD_LIBRARY_H

#include "base/why.h"
#include "reader/ifd/abi.h"

#define LIBRARY_LOAD_SEC 30 /* its constructors; then SIGALRM ends us */

/*
 * Load it and find its functions. It is never unloaded: threads of its own may
 * run in it.
 *
 * ERR_ABSENT      it cannot be loaded; `why` has the loader's words
 * ERR_DENIED      others than root can change it (reader/ifd/trusted.h)
 * ERR_FORMAT      it is no file
 * ERR_UNSUPPORTED a function is missing: no IFDHandler 2.0 or 3.0
 */
MUST_CHECK err_t library_open(
    const char *path, struct ifdh *out, struct why *why);

#endif
