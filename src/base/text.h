/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that may be shown to people: UTF-8 (RFC 3629: shortest forms, no
 * surrogates or noncharacters, up to U+10FFFF) without control characters (C0,
 * DEL, C1), marks of writing direction and line separators, so that nothing a
 * card or a peer says can move a cursor, start a second line or read as
 * something else.
 */
#ifndef SCS_BASE_TEXT_H
#define SCS_BASE_TEXT_H

#include "base/span.h"

bool text_ok(struct span s);

/*
 * The same with marks of writing direction, which a description in Hebrew or
 * Arabic may have: for what is kept in files and not shown.
 */
bool text_may_be_kept(struct span s);

/* Replace, in place, every byte that keeps `s` from being text_ok() by '?'. */
void text_clean(char *s);

#endif
