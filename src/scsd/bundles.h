/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folders of USB readers' drivers (NAME.bundle), by number: scs-readerd
 * reads what is in them and asks for drivers by these numbers. We look at who
 * can write them, and at nothing else.
 */
#ifndef SCS_SCSD_BUNDLES_H
#define SCS_SCSD_BUNDLES_H

#include "ipc/control.h"

#define BUNDLES_MAX 16 /* as scs-readerd takes */
#define BUNDLES_PATH CONTROL_PATH

struct bundles {
	char dir[BUNDLES_MAX][BUNDLES_PATH]; /* "": it has gone */
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

/*
 * Make `b` what `fresh` is, where each folder keeps its number: those that have
 * gone leave a hole, new ones fill the holes.
 */
void bundles_merge(struct bundles *b, const struct bundles *fresh);

#endif
