/* SPDX-License-Identifier: BSD-2-Clause */
/* err_t leaves libscs as enum scs_result, whose numbers are a promise. */
#ifndef SCS_KEYCHAIN_RESULT_H
#define SCS_KEYCHAIN_RESULT_H

#include "base/err.h"
#include "scs/scs.h"

int result_from_err(err_t e);

/* For the tools, which are ours. An unknown number is ERR_FORMAT. */
err_t result_to_err(int result);

#endif
