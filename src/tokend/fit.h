/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes into one frame when not everything does: the largest are left out
 * first, so that a card which says too much costs itself its place in the list,
 * and not the others.
 */
#ifndef SCS_TOKEND_FIT_H
#define SCS_TOKEND_FIT_H

#include <stddef.h>

/* The largest size such that all of `sizes` up to it fit into `room`, in bytes. */
size_t fit_up_to(const size_t *sizes, size_t n, size_t room);

#endif
