/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/path.h"

#include "test.h"

TEST_MAIN("base/path")
