/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Info.plist as pcsc-lite reads it: not as XML, but for its <key>s and the
 * <string>s that follow each, whatever stands around them. Drivers have been
 * shipped for years with lists that are no property lists (Debian's libgempc430
 * and libasedrive-usb: "<array>" where "</array>" should be), and work there.
 */
#ifndef SCS_READER_CONFIG_LOOSE_H
#define SCS_READER_CONFIG_LOOSE_H

#include <plist/plist.h>

#include "base/span.h"

/*
 * A dictionary of arrays of strings; of two equal keys the last one counts.
 * "&amp;" is the one entity, comments are skipped. The caller takes `out`.
 *
 * ERR_FORMAT  no "</plist>" at the end: half a file, or something else
 * ERR_NOMEM
 */
MUST_CHECK err_t loose_parse(struct span text, plist_t *out);

#endif
