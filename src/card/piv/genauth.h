/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynamic authentication templates, SP 800-73-4 Part 2, table 7, and the shape
 * of what comes back in them. Pure functions; piv.h has the commands.
 */
#ifndef SCS_CARD_PIV_GENAUTH_H
#define SCS_CARD_PIV_GENAUTH_H

#include "base/buf.h"

/* 7C { 82 (empty), tag value }, appended. */
MUST_CHECK err_t piv_genauth_build(
    uint32_t tag, struct span value, struct buf *out);

/* 7C { 82 response } and nothing else. `response` is borrowed. */
MUST_CHECK err_t piv_genauth_parse(struct span in, struct span *response);

/* Is this SEQUENCE { INTEGER r, INTEGER s } with numbers of a curve's size? */
MUST_CHECK err_t piv_genauth_ecdsa(struct span sig, size_t size);

#endif
