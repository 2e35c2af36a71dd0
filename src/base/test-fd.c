/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fd.h"

#include "test.h"

TEST_MAIN("base/fd")
