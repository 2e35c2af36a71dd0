/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

#include "test.h"

TEST_MAIN("base/err")
