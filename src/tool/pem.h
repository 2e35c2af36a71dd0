/* SPDX-License-Identifier: BSD-2-Clause */
/* PEM (RFC 7468) and the files of security export-smartcard -e. */
#ifndef SCS_TOOL_PEM_H
#define SCS_TOOL_PEM_H

#include "base/buf.h"

#define PEM_MAX (32 * 1024)
#define PEM_NAME_MAX 256 /* a file's name, with NUL */

/* Append: BEGIN line, base64 in lines of 64, END line. Nothing is parsed. */
void pem_put(struct buf *out, const char *kind, struct span der);

/*
 * PREFIX, LABEL, ".pem" as the name of a file: a label is what the card says,
 * so '/' becomes '_', a leading dot too, what is too long is cut between two
 * characters. `number` above 1 adds " (2)" before ".pem".
 */
void pem_name(const char *prefix, const char *label, unsigned int number,
    char out[PEM_NAME_MAX]);

#endif
