/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folders of USB readers' drivers (NAME.bundle), by number: scs-readerd
 * reads what is in them and asks for drivers by these numbers. We look at who
 * can write them, and at nothing else.
 */
#ifndef SCS_SCSD_BUNDLES_H
#define SCS_SCSD_BUNDLES_H

#include "base/err.h"

#define BUNDLES_MAX 16 /* as scs-readerd takes */
#define BUNDLES_PATH 256 /* with NUL */

struct bundles {
	char dir[BUNDLES_MAX][BUNDLES_PATH];
	size_t n;
};

/*
 * Those of PATH_DRIVERS and then of PATH_PCSC_DRIVERS below `prefix`, each in
 * the order of their names. With `trusted` one is left out, and that logged,
 * when anybody but root may write to it or to a folder on the way. ERR_LIMIT,
 * ERR_FORMAT: the prefix.
 */
MUST_CHECK err_t bundles_load(
    const char *prefix, bool trusted, struct bundles *out);

#endif
