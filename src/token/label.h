/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names from certificates, made fit to be shown: in a prompt, in a log, in
 * another program's list.
 */
#ifndef SCS_TOKEN_LABEL_H
#define SCS_TOKEN_LABEL_H

#include "base/span.h"

/*
 * Copy at most cap - 1 bytes of whole characters, terminated. Each byte of what
 * text_ok() does not accept becomes '?'.
 */
void label_clean(struct span in, char *out, size_t cap);

/*
 * "Certificate For PIV Authentication (Jane Doe)". `kind` is "Certificate" or
 * "Key", `role` the slot's name; without a name there are no parentheses. The
 * name is cut so that the last parenthesis is there.
 */
void label_make(const char *kind, const char *role, const char *name, char *out,
    size_t cap);

#endif
