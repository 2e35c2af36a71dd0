/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver of other people: a shared object with the IFDHandler ABI. */
#ifndef SCS_READER_IFD_HANDLER_H
#define SCS_READER_IFD_HANDLER_H

#include "reader/driver.h"

extern const struct driver handler_driver;

#endif
