/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Info.plist of a driver bundle for USB readers (NAME.bundle/Contents/), as
 * pcsc-lite's drivers have it: which devices the driver knows, and where its
 * code is. A property list; one that is none is read as pcsc-lite would
 * (loose.h).
 */
#ifndef SCS_READER_CONFIG_BUNDLE_H
#define SCS_READER_CONFIG_BUNDLE_H

#include "base/span.h"
#include "base/why.h"

#define BUNDLE_DEVICES_MAX 4096
#define BUNDLE_NAME 101 /* with NUL */

struct bundle_device {
	uint16_t vendor, product;
	char name[BUNDLE_NAME]; /* for people; printable text */
};

struct bundle {
	char executable[BUNDLE_NAME]; /* a file's name, no path */
	uint32_t capabilities; /* ifdCapabilities; bit 0: finds its readers */
	bool class_driver; /* CFBundleName CCIDCLASSDRIVER: others go first */
	struct bundle_device *devices; /* owned */
	size_t n;
};

/*
 * `out` is filled on success: bundle_done() it. ERR_FORMAT, ERR_LIMIT,
 * ERR_NOMEM; `why` says which key. Errors of prefs/pl.h.
 */
MUST_CHECK err_t bundle_parse(
    struct span text, struct bundle *out, struct why *why);
void bundle_done(struct bundle *b); /* CLEANUP(bundle_done) */

/*
 * The bundle in folder `dir` (NAME.bundle). Its Info.plist may be a link, as
 * Debian's is, to a trusted file (base/file.h). Errors of bundle_parse(),
 * ERR_ABSENT, ERR_DENIED, ERR_IO; `why` names the file.
 */
MUST_CHECK err_t bundle_load(
    const char *dir, struct bundle *out, struct why *why);

/* Where its driver is, "DIR/Contents/Linux/EXECUTABLE". ERR_LIMIT. */
MUST_CHECK err_t bundle_library(
    const char *dir, const struct bundle *b, size_t max, char *out);

/* The first entry for this device. NULL: the driver does not know it. */
const struct bundle_device *bundle_find(
    const struct bundle *b, uint16_t vendor, uint16_t product);

/*
 * Which of n bundles drives this device: the first that knows it, but a class
 * driver only where no other does. n: none.
 */
size_t bundle_choose(
    const struct bundle *list, size_t n, uint16_t vendor, uint16_t product);

#endif
